//! The tables of an evaluation: summary, classes, confusion matrix.

use crate::table::percent;
use crate::{Align, ConfusionMatrix, MetricKind, Protocol, Scores, Table};

/// Decimals of the percentages in tables of classes and summaries.
const DECIMALS: usize = 2;

/// What stands beside the measured values of a summary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Comparison {
    /// Nothing.
    #[default]
    None,
    /// What is published for single-scale PointNet++ on ScanNet v1 (81.5, 83.2, 51.7, 53.1), where the protocol is one of
    /// the two that those numbers follow.
    PublishedPointNet2,
}

/// What the cells of a confusion table are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConfusionCells {
    /// Counts.
    #[default]
    Counts,
    /// Percent of the class's units in the truth, so that the diagonal is the class accuracy.
    PercentOfTruth,
}

impl Scores {
    /// One row a metric: name, value in percent, and its id, which begins with the protocol's.
    pub fn summary_table(&self, comparison: Comparison) -> Table {
        let compare = comparison == Comparison::PublishedPointNet2;
        let comparable = matches!(self.protocol, Protocol::PointNet2V1 | Protocol::PointNet2V1Compat);
        let mut table = Table::new("").column("metric", Align::Left).column("%", Align::Right);
        if compare {
            table = table.column("published", Align::Right);
        }
        table = table.column("id", Align::Left);
        for score in &self.scores {
            let mut row = vec![score.metric.title().to_owned(), percent(score.value, DECIMALS)];
            if compare {
                let published = score.metric.published_pointnet2_ssg().filter(|_| comparable);
                row.push(published.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}")));
            }
            row.push(score.id());
            table.push(row);
        }
        table.note(format!("{}: {}.", self.protocol, self.protocol.summary()));
        table.note(self.scored());
        if compare && comparable {
            table.note(
                "Published: PointNet++, single scale, ScanNet v1 test scenes with v1 annotations; v2 annotations give \
                 values that are not comparable.",
            );
        } else if compare {
            table.note(format!("Nothing published for PointNet++ was scored by {}.", self.protocol));
        }
        table
    }

    /// One row a class: counts and ratios of points, and of voxels where they were scored.
    pub fn class_table(&self) -> Table {
        let voxels = self.voxel_confusion.is_some();
        let mut table = Table::new("").column("class", Align::Left);
        for header in ["points", "correct", "accuracy", "IoU", "precision", "F1"] {
            table = table.column(header, Align::Right);
        }
        if voxels {
            for header in ["voxels", "voxel acc.", "voxel IoU"] {
                table = table.column(header, Align::Right);
            }
        }
        for class in &self.per_class {
            let mut row = vec![class.name.clone(), class.points_seen.to_string(), class.points_correct.to_string()];
            let ratios = [class.point_accuracy, class.point_iou, class.point_precision, class.point_f1];
            row.extend(ratios.map(|ratio| percent(ratio, DECIMALS)));
            if voxels {
                row.push(class.voxels_seen.unwrap_or(0).to_string());
                row.extend([class.voxel_accuracy, class.voxel_iou].map(|ratio| percent(ratio, DECIMALS)));
            }
            table.push(row);
        }
        table.note(format!("Ratios in percent, scored by {}; - where undefined.", self.protocol));
        table
    }

    /// The confusion matrix of points.
    pub fn point_confusion_table(&self, cells: ConfusionCells) -> Table {
        confusion_table(&self.point_confusion, &self.class_names(), cells)
    }

    /// The confusion matrix of voxels, where they were scored.
    pub fn voxel_confusion_table(&self, cells: ConfusionCells) -> Option<Table> {
        self.voxel_confusion.as_ref().map(|matrix| confusion_table(matrix, &self.class_names(), cells))
    }

    /// What was scored, and the baseline that any model should beat.
    fn scored(&self) -> String {
        let scenes = self.counts.scenes;
        let mut text = match (self.counts.tiles, self.counts.tiles_scored, self.voxels()) {
            (Some(tiles), Some(scored), Some(voxels)) => format!(
                "Scored: {} points and {voxels} voxels in {scored} of {tiles} tiles; scenes: {scenes}.",
                self.points()
            ),
            _ => format!("Scored: {} vertices; scenes: {scenes}.", self.points()),
        };
        if let (Some(class), Some(value)) = (&self.majority_class, self.get(MetricKind::MajorityPointAccuracy)) {
            text += &format!(" Always answering {class} gives {} % of points.", percent(Some(value), DECIMALS));
        }
        text
    }
}

/// Rows are the truth, columns the prediction; the last column, shown when it is not empty, is for predictions outside the
/// class set. Column headers are numbers, which the rows explain.
pub fn confusion_table(matrix: &ConfusionMatrix, names: &[&str], cells: ConfusionCells) -> Table {
    let classes = matrix.classes();
    let outside = (0..classes).any(|class| matrix.outside(class) > 0);
    let columns = classes + usize::from(outside);
    let mut table = Table::new("").column("truth / predicted", Align::Left);
    for class in 0..classes {
        table = table.column((class + 1).to_string(), Align::Right);
    }
    if outside {
        table = table.column("outside", Align::Right);
    }
    for truth in 0..classes {
        let seen = matrix.seen(truth);
        let label = format!("{} {}", truth + 1, names.get(truth).unwrap_or(&""));
        let cell = |count: &u64| match cells {
            ConfusionCells::Counts => count.to_string(),
            ConfusionCells::PercentOfTruth => percent((seen > 0).then(|| *count as f64 / seen as f64), 1),
        };
        table.push(std::iter::once(label).chain(matrix.row(truth)[..columns].iter().map(cell)));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClassSet, Evaluator, Tile};

    fn scores(protocol: Protocol) -> Scores {
        let classes = ClassSet::new([("wall", 1), ("floor", 2), ("lamp", 3)]).unwrap().ignoring([0]);
        let mut evaluator = Evaluator::with_classes(protocol, classes).with_batch_size(1).unwrap();
        let truth = [1, 1, 2, 0];
        let prediction = [1, 2, 0, 1];
        if protocol.takes_tiles() {
            let coord = [[0.0; 3], [0.1, 0.0, 0.0], [0.2, 0.0, 0.0], [0.3, 0.0, 0.0]];
            evaluator
                .add_tile(&Tile { coord: &coord, truth: &truth, prediction: &prediction, core: &[true; 4] })
                .unwrap();
            evaluator.end_scene();
        } else {
            evaluator.add_scene(&truth, &prediction).unwrap();
        }
        evaluator.finish().unwrap()
    }

    #[test]
    fn published_values_appear_on_request_and_only_where_comparable() {
        let v1 = scores(Protocol::PointNet2V1);
        assert!(!v1.summary_table(Comparison::None).to_text().contains("83.2"));
        let text = v1.summary_table(Comparison::PublishedPointNet2).to_text();
        assert!(
            ["81.5", "83.2", "51.7", "53.1", "pointnet2-v1/voxel-accuracy"].iter().all(|x| text.contains(x)),
            "{text}"
        );
        let text = scores(Protocol::Pointcept).summary_table(Comparison::PublishedPointNet2).to_text();
        assert!(!text.contains("83.2") && text.contains("Nothing published"), "{text}");
    }

    #[test]
    fn a_summary_as_text() {
        let text = scores(Protocol::PerSceneMean).summary_table(Comparison::None).to_text();
        assert_eq!(text.lines().count(), 13, "{text}");
        assert!(text.contains("point accuracy (overall)         33.33  per-scene-mean/point-accuracy\n"), "{text}");
        assert!(text.contains("Always answering wall gives 66.67 % of points."), "{text}");
    }

    #[test]
    fn class_and_confusion_tables() {
        let scores = scores(Protocol::PointNet2V1);
        let text = scores.class_table().to_text();
        assert!(
            text.lines().any(|line| line.split_whitespace().eq(["lamp", "0", "0", "-", "-", "-", "-", "0", "-", "-"])),
            "{text}"
        );
        let text = scores.point_confusion_table(ConfusionCells::Counts).to_text();
        assert_eq!(
            text,
            "truth / predicted  1  2  3  outside\n-----------------  -  -  -  -------\n\
             1 wall             1  1  0        0\n2 floor            0  0  0        1\n3 lamp             0  0  0        0\n"
        );
        let text = scores.voxel_confusion_table(ConfusionCells::PercentOfTruth).unwrap().to_markdown();
        assert!(text.contains("| 1 wall            | 50.0 | 50.0 | 0.0 |     0.0 |"), "{text}");
    }
}
