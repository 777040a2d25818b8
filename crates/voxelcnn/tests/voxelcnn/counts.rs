//! Counts of the published network, by hand.

use burn::module::Module;
use burn::tensor::Device;
use pointmodel::{Counts, Network, NetworkConfig, NetworkShape};
use voxelcnn::VoxelCnnConfig;

#[test]
fn published_network_by_hand() {
    let shape = NetworkShape { points: 8192, in_channels: 0, outputs: 21 };
    let network = VoxelCnnConfig::default().init(&shape, &Device::flex());
    let summary = network.summary(8192);
    // cells after each stage, channels before and after it; a window has 36 cells
    let stages = [(30 * 15 * 15, 2, 32), (14 * 7 * 7, 32, 64), (6 * 3 * 3, 64, 128)];
    for (i, (cells, before, after)) in stages.into_iter().enumerate() {
        let weights = 36 * before * after + 2 * after * after;
        let counts = Counts { params: weights + 3 * 2 * after, macs: (cells * weights) as u64 };
        let row = &summary.rows[i];
        assert_eq!(
            (row.name.as_str(), row.output, row.counts),
            (format!("stages.{i}").as_str(), [cells, after], counts)
        );
    }
    let linear =
        |inputs: usize, outputs: usize| Counts { params: (inputs + 1) * outputs, macs: (inputs * outputs) as u64 };
    let rows: Vec<_> = summary.rows[3..].iter().map(|row| (row.name.as_str(), row.output, row.counts)).collect();
    let expected = [("hidden", [1, 1024], linear(6912, 1024)), ("classifier", [62, 21], linear(1024, 62 * 21))];
    assert_eq!(rows, expected);
    assert_eq!((summary.total.params, summary.total.macs), (8_828_758, 111_678_976));
    // burn also counts the running statistics
    assert_eq!(network.num_params(), summary.total.params + 3 * 2 * (32 + 64 + 128));
}
