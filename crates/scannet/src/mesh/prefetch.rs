//! Hints to fetch what a loop will touch soon. Processors do so by themselves, but stop at the end of each page: over the
//! megabytes of a mesh that no cache holds, a third of the time went to waiting there.

/// Bytes ahead of the place that is being read: half a page, some hundred nanoseconds of work.
const READ: usize = 2048;
/// Bytes ahead of the place that is being written, which moves more slowly.
const WRITE: usize = 1024;

/// Fetches what lies some way behind a place that is being read.
#[inline(always)]
pub(super) fn ahead_of_reading(at: *const u8) {
    fetch(at.wrapping_add(READ));
}

/// Makes room in the cache some way behind a place that is being written.
#[inline(always)]
pub(super) fn ahead_of_writing(at: *const u8) {
    fetch(at.wrapping_add(WRITE));
}

#[inline(always)]
#[cfg(target_arch = "x86_64")]
fn fetch(at: *const u8) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: a hint; an address that is not there is ignored.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
}

#[inline(always)]
#[cfg(not(target_arch = "x86_64"))]
fn fetch(_: *const u8) {}
