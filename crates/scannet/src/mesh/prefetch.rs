//! Hints to fetch the memory that a loop needs next. Processors do this by themselves, but stop at the end of each
//! page. A mesh has megabytes that are in no cache, and a third of the time was spent waiting at the ends of pages.

/// Distance from the address being read, in bytes: half a page, which takes about a hundred nanoseconds.
const READ: usize = 2048;
/// Distance from the address being written, which advances more slowly.
const WRITE: usize = 1024;

/// Fetches memory ahead of an address that is being read.
#[inline(always)]
pub(super) fn ahead_of_reading(at: *const u8) {
    fetch(at.wrapping_add(READ));
}

/// Fetches memory ahead of an address that is being written.
#[inline(always)]
pub(super) fn ahead_of_writing(at: *const u8) {
    fetch(at.wrapping_add(WRITE));
}

#[inline(always)]
#[cfg(target_arch = "x86_64")]
fn fetch(at: *const u8) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: this is a hint; invalid addresses are ignored.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
}

#[inline(always)]
#[cfg(not(target_arch = "x86_64"))]
fn fetch(_: *const u8) {}
