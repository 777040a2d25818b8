//! Which tiles PointNet++'s evaluation loop scores.

/// Number of tiles in a batch of PointNet++'s own evaluation.
pub(crate) const POINTNET2_BATCH_SIZE: usize = 32;

/// Returns the indices of the scored tiles, ascending, for scenes with these numbers of tiles.
///
/// This is the loop of the public code (`eval_whole_scene_one_epoch`): a scene's tiles are added to those waiting. If
/// fewer than a batch wait, the loop goes on to the next scene, whose tiles are put after them. Otherwise one batch is
/// scored, the rest waits, and the next scene's tiles are put *before* it. Tiles that wait after the last scene are
/// never scored. `batch` is at least 1.
pub(crate) fn scored_tiles(scenes: impl IntoIterator<Item = usize>, batch: usize) -> Vec<usize> {
    let mut scored = Vec::new();
    let mut waiting: Vec<usize> = Vec::new();
    let mut just_scored = true;
    let mut next = 0;
    for tiles in scenes {
        let scene = next..next + tiles;
        next += tiles;
        if just_scored {
            waiting.splice(0..0, scene);
        } else {
            waiting.extend(scene);
        }
        just_scored = waiting.len() >= batch;
        if just_scored {
            scored.extend(waiting.drain(..batch));
        }
    }
    scored.sort_unstable();
    scored
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_wait_after_the_next_scene_and_the_last_are_never_scored() {
        assert_eq!(scored_tiles([2, 2], 4), [0, 1, 2, 3]);
        // Scene one: 0..=2 scored of 0..=4, 3 and 4 wait. Scene two: 5, 6 go before them; 5, 6, 3 scored; 4 never is.
        assert_eq!(scored_tiles([5, 2], 3), [0, 1, 2, 3, 5, 6]);
        // While a batch fills up, later scenes go after it.
        assert_eq!(scored_tiles([1, 1, 2], 3), [0, 1, 2]);
    }

    #[test]
    fn at_most_one_batch_per_scene() {
        assert_eq!(scored_tiles([9], 4), [0, 1, 2, 3]);
        assert_eq!(scored_tiles([9, 0], 4), (0..8).collect::<Vec<_>>());
        assert!(scored_tiles([3], 4).is_empty());
        assert!(scored_tiles([], 4).is_empty());
    }
}
