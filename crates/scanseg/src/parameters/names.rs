//! Parameter names from earlier versions.

/// The current name of a parameter. Names used to begin with the kind of the network, and levels with one scale had no
/// `scales`.
pub(crate) fn current_name(name: &str) -> String {
    for kind in ["PointNet2Ssg.", "PointNet2Msg.", "PointNet."] {
        let Some((before, rest)) = name.split_once(kind) else { continue };
        let parts: Vec<&str> = rest.splitn(3, '.').collect();
        let rest = match parts[..] {
            ["abstractions", level, layer] if kind == "PointNet2Ssg." => {
                format!("abstractions.{level}.scales.0.{layer}")
            }
            _ => rest.to_owned(),
        };
        return before.to_owned() + &rest;
    }
    name.to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_of_earlier_versions_are_understood() {
        for (old, now) in [
            ("PointNet2Ssg.abstractions.2.mlp.weights.0", "abstractions.2.scales.0.mlp.weights.0"),
            ("PointNet2Ssg.abstraction_blocks.0.LatentGnn.lambda", "abstraction_blocks.0.LatentGnn.lambda"),
            (
                "model.PointNet2Msg.abstractions.0.scales.1.mlp.norms.0.beta",
                "model.abstractions.0.scales.1.mlp.norms.0.beta",
            ),
            ("PointNet.global.weights.1", "global.weights.1"),
            ("abstractions.0.scales.0.mlp.weights.0", "abstractions.0.scales.0.mlp.weights.0"),
        ] {
            assert_eq!(super::current_name(old), now);
        }
    }
}
