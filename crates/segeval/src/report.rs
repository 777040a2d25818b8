//! The tables of an evaluation: summary, classes, confusion matrix.

use crate::table::percent;
use crate::{Align, ConfusionMatrix, MetricKind, Protocol, Scores, Table};

/// Decimals of percentages in the summary and the table of classes.
const DECIMALS: usize = 2;

/// What a summary compares the measured values with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Comparison {
    /// Nothing.
    #[default]
    None,
    /// The numbers published for single-scale PointNet++ on ScanNet v1 (81.5, 83.2, 51.7, 53.1), if protocol and
    /// classes are theirs.
    PublishedPointNet2,
}

/// What the cells of a confusion table show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConfusionCells {
    /// Counts.
    #[default]
    Counts,
    /// Percentages of the true class, so that the diagonal shows the class accuracy.
    PercentOfTruth,
}

impl Scores {
    /// One row per metric: name, value in percent, and id. Metrics of groups of classes come last.
    pub fn summary_table(&self, comparison: Comparison) -> Table {
        let compare = comparison == Comparison::PublishedPointNet2;
        let follows = matches!(self.protocol, Protocol::PointNet2V1 | Protocol::PointNet2V1Compat);
        let comparable = follows && self.labels.is_empty();
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
        for group in &self.groups {
            let values = [
                (MetricKind::ClassPointAccuracy, group.class_point_accuracy),
                (MetricKind::PointMiou, group.point_miou),
            ];
            for (metric, value) in values.into_iter().filter(|(metric, _)| self.protocol.metrics().contains(metric)) {
                let mut row = vec![format!("{}, {}", metric.title(), group.name), percent(value, DECIMALS)];
                row.extend(compare.then(|| "-".to_owned()));
                row.push(format!("{}/{}/{}", self.protocol, metric.id(), group.name));
                table.push(row);
            }
        }
        table.note(format!("{}: {}.", self.protocol, self.protocol.summary()));
        table.note(self.scored());
        if compare && comparable {
            table.note(
                "Published: PointNet++, single scale, ScanNet v1 test scenes with v1 annotations; v2 annotations give \
                 values that are not comparable.",
            );
        } else if compare && follows {
            table.note(format!("Nothing published for PointNet++ has the classes of {}.", self.labels));
        } else if compare {
            table.note(format!("Nothing published for PointNet++ was scored by {}.", self.protocol));
        }
        table
    }

    /// One row per class: counts and ratios of points, and of voxels if they were scored.
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

    /// The confusion matrix of voxels, if they were scored.
    pub fn voxel_confusion_table(&self, cells: ConfusionCells) -> Option<Table> {
        self.voxel_confusion.as_ref().map(|matrix| confusion_table(matrix, &self.class_names(), cells))
    }

    /// Says what was scored, and the baseline that any model should beat.
    pub fn scored(&self) -> String {
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

/// A confusion matrix with one row per class of the truth and one column per class of the prediction. A last column
/// "outside" has the predictions of no class, if there are any. Columns have numbers, which the rows explain.
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
    use crate::{Evaluator, Tile};
    use labelset::{LabelSet, NO_CLASS};

    /// Walls, a floor and no lamp.
    fn own_labels() -> LabelSet {
        let classes =
            r#"[{ name = "wall", group = "a" }, { name = "floor", group = "b" }, { name = "lamp", group = "a" }]"#;
        LabelSet::parse(&format!("name = \"own\"\nclasses = {classes}")).unwrap()
    }

    fn scores(protocol: Protocol, labels: &LabelSet) -> Scores {
        let mut evaluator = Evaluator::new(protocol, labels).with_batch_size(1).unwrap();
        let truth = [0, 0, 1, NO_CLASS];
        let prediction = [0, 1, NO_CLASS, 0];
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
        let labels = LabelSet::pointnet_v1();
        let v1 = scores(Protocol::PointNet2V1, &labels);
        assert!(!v1.summary_table(Comparison::None).to_text().contains("83.2"));
        let text = v1.summary_table(Comparison::PublishedPointNet2).to_text();
        assert!(
            ["81.5", "83.2", "51.7", "53.1", "pointnet2-v1/voxel-accuracy"].iter().all(|x| text.contains(x)),
            "{text}"
        );
        let text = scores(Protocol::Pointcept, &labels).summary_table(Comparison::PublishedPointNet2).to_text();
        assert!(
            !text.contains("83.2") && text.contains("Nothing published for PointNet++ was scored by pointcept"),
            "{text}"
        );
        let text = scores(Protocol::PointNet2V1, &own_labels()).summary_table(Comparison::PublishedPointNet2).to_text();
        assert!(!text.contains("83.2") && text.contains("has the classes of own"), "{text}");
    }

    #[test]
    fn groups_follow_the_rule_for_absent_classes_and_keep_other_files_as_they_are() {
        let own = scores(Protocol::ScanNetBenchmark, &own_labels());
        let text = own.summary_table(Comparison::None).to_text();
        for row in [
            "class point accuracy (mean), a   50.00  scannet-benchmark/class-point-accuracy/a\n",
            "mIoU, points, a                  50.00  scannet-benchmark/point-miou/a\n",
            "mIoU, points, b                   0.00  scannet-benchmark/point-miou/b\n",
        ] {
            assert!(text.contains(row), "{text}");
        }
        assert_eq!(Scores::from_json(&own.to_json().unwrap()).unwrap(), own);
        assert_eq!((own.labels.as_str(), own.groups[0].classes), ("own", 2));
        // The authors' code counts the absent lamp as 0, and prints no mIoU.
        let compat = scores(Protocol::PointNet2V1Compat, &own_labels());
        assert!((compat.groups[0].class_point_accuracy.unwrap() - 0.25).abs() < 1e-6);
        assert!(!compat.summary_table(Comparison::None).to_text().contains("mIoU"));
        assert_eq!(scores(Protocol::PerSceneMean, &own_labels()).groups[0].class_point_accuracy, Some(0.5));
        let json = scores(Protocol::Pointcept, &LabelSet::scannet20()).to_json().unwrap();
        assert!(!json.contains("\"labels\"") && !json.contains("\"groups\""), "{json}");
    }

    #[test]
    fn a_summary_as_text() {
        let text = scores(Protocol::PerSceneMean, &LabelSet::pointnet_v1()).summary_table(Comparison::None).to_text();
        assert_eq!(text.lines().count(), 13, "{text}");
        assert!(text.contains("point accuracy (overall)         33.33  per-scene-mean/point-accuracy\n"), "{text}");
        assert!(text.contains("Always answering wall gives 66.67 % of points."), "{text}");
    }

    #[test]
    fn class_and_confusion_tables() {
        let scores = scores(Protocol::PointNet2V1, &own_labels());
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
