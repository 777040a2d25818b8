//! Parameters and multiply-accumulates of the full network, counted by hand.

use crate::support::{shape, small};
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use pointcnn::PointCnnConfig;
use pointmodel::{Network, NetworkConfig, NetworkShape};

/// Number of values of all parameters but running statistics, counted independently.
fn learned<M: Module>(network: &M) -> usize {
    struct Count(Vec<String>, usize);
    impl ModuleVisitor for Count {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.0.push(name.to_string());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.0.pop();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let running = self.0.last().is_some_and(|name| name.starts_with("running"));
            self.1 += if running { 0 } else { param.lazy_shape().num_elements() };
        }
    }
    let mut count = Count(Vec::new(), 0);
    network.visit(&mut count);
    count.1
}

/// Parameters and products of an X-convolution of `p` centers: K neighbours with `features` channels, `lift` channels
/// of positions, multiplier m, C channels.
fn x_conv(p: usize, [k, features, lift, m, c]: [usize; 5]) -> [usize; 2] {
    let inputs = features + lift;
    let norms = 2 * (2 * lift + 3 * k * k + c);
    let params = 3 * lift + lift * lift + 3 * k * k * k + 2 * k * k * k + k * m * inputs + m * inputs * c + norms;
    let of_members = 3 * lift + lift * lift;
    let of_center = 3 * k * k * k + 2 * k * k * k + k * k * inputs + k * m * inputs + m * inputs * c;
    [params, p * k * of_members + p * of_center]
}

fn dense(p: usize, inputs: usize, outputs: usize) -> [usize; 2] {
    [inputs * outputs + 2 * outputs, p * inputs * outputs]
}

#[test]
fn the_authors_network_by_hand() {
    let shape = NetworkShape { points: 2048, in_channels: 0, outputs: 21 };
    let network = PointCnnConfig::default().init(&shape, &Device::flex());
    let summary = network.summary(2048);
    assert_eq!(summary.total.params, learned(&network));
    let global = [dense(128, 3, 256), dense(128, 256, 256)];
    let mut last = x_conv(128, [16, 768, 192, 2, 1024]);
    global.iter().for_each(|counts| last = [last[0] + counts[0], last[1] + counts[1]]);
    let classifier = [256 * 21 + 21, 2048 * 256 * 21];
    let expected = [
        ("encoder.0", [2048, 256], x_conv(2048, [8, 0, 128, 4, 256])),
        ("encoder.1", [768, 512], x_conv(768, [12, 256, 64, 2, 512])),
        ("encoder.2", [384, 768], x_conv(384, [16, 512, 128, 2, 768])),
        ("encoder.3", [128, 1280], last),
        ("decoder.0.conv", [128, 1024], x_conv(128, [16, 1280, 256, 1, 1024])),
        ("decoder.0.fuse", [128, 1024], dense(128, 1024 + 1280, 1024)),
        ("decoder.1.conv", [384, 768], x_conv(384, [16, 1024, 256, 1, 768])),
        ("decoder.1.fuse", [384, 768], dense(384, 768 + 768, 768)),
        ("decoder.2.conv", [768, 512], x_conv(768, [12, 768, 192, 1, 512])),
        ("decoder.2.fuse", [768, 512], dense(768, 512 + 512, 512)),
        ("decoder.3.conv", [2048, 256], x_conv(2048, [8, 512, 128, 1, 256])),
        ("decoder.3.fuse", [2048, 256], dense(2048, 256 + 256, 256)),
        ("head.0", [2048, 256], dense(2048, 256, 256)),
        ("head.1", [2048, 256], dense(2048, 256, 256)),
        ("classifier", [2048, 21], classifier),
    ];
    let rows: Vec<_> = summary.rows.iter().map(|row| (row.name.as_str(), row.output, row.counts)).collect();
    let expected =
        expected.map(|(name, output, [params, macs])| (name, output, pointmodel::Counts { params, macs: macs as u64 }));
    assert_eq!(rows, expected);
    assert_eq!((summary.total.params, summary.total.macs), (11_538_709, 6_425_870_336));
}

#[test]
fn input_features_have_a_layer_of_their_own() {
    let network = small().init(&shape(40, 2), &Device::flex());
    let summary = network.summary(40);
    assert_eq!(summary.total.params, learned(&network));
    let [input, first] = [&summary.rows[0], &summary.rows[1]].map(|row| (row.output, row.counts.params));
    assert_eq!(summary.rows[0].name, "input");
    assert_eq!(input, ([40, 4], dense(40, 2, 4)[0]));
    assert_eq!(first, ([40, 8], x_conv(40, [5, 4, 2, 4, 8])[0]));
}
