//! The parameters of the PyTorch layout, and this program's names for them.

use super::file::Stored;
use super::source::NoValues;
use super::{Named, Values, WeightsError};
use crate::parameters::Entry;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

/// Prefixes that the names of a state dict may have.
const DICTIONARIES: [&str; 4] = ["", "model_state_dict.", "state_dict.", "model."];
const WRAPPERS: [&str; 2] = ["", "module."];

/// A linear layer and the normalisation after it, by their names in both layouts.
struct Layer {
    weight: String,
    norm: Option<String>,
    conv: String,
    bn: Option<String>,
    /// Axes of the weights in PyTorch.
    axes: usize,
}

const NORM: [(&str, &str); 4] =
    [("gamma", "weight"), ("beta", "bias"), ("running_mean", "running_mean"), ("running_var", "running_var")];

/// The layers of a single-scale network without blocks, module by module in the order of a PyTorch state dict, or else
/// the first parameter that has no place there.
fn modules(model: &BTreeMap<String, Entry>) -> Result<Vec<Vec<Layer>>, String> {
    let layers = |own: String, theirs: String, axes| {
        let layer = |j: usize| Layer {
            weight: format!("{own}.weights.{j}"),
            norm: Some(format!("{own}.norms.{j}")),
            conv: format!("{theirs}.mlp_convs.{j}"),
            bn: Some(format!("{theirs}.mlp_bns.{j}")),
            axes,
        };
        (0..).map(layer).take_while(|layer| model.contains_key(&layer.weight)).collect::<Vec<_>>()
    };
    let level = |i: usize| layers(format!("abstractions.{i}.scales.0.mlp"), format!("sa{}", i + 1), 4);
    let mut modules: Vec<Vec<Layer>> = (0..).map(level).take_while(|layers| !layers.is_empty()).collect();
    let levels = modules.len();
    modules
        .extend((0..levels).map(|step| layers(format!("propagations.{step}.mlp"), format!("fp{}", levels - step), 3)));
    let head = Layer {
        weight: "head.weights.0".into(),
        norm: Some("head.norms.0".into()),
        conv: "conv1".into(),
        bn: Some("bn1".into()),
        axes: 3,
    };
    let weight = "classifier.weight".to_owned();
    modules.push(vec![head]);
    modules.push(vec![Layer { weight, norm: None, conv: "conv2".into(), bn: None, axes: 3 }]);

    let names = modules.iter().flatten().flat_map(own_names);
    let mut left: BTreeMap<&String, &Entry> = model.iter().collect();
    for name in names {
        left.remove(&name).ok_or(name)?;
    }
    match left.pop_first() {
        Some((name, _)) => Err(name.clone()),
        None => Ok(modules),
    }
}

fn own_names(layer: &Layer) -> Vec<String> {
    let mut names = vec![layer.weight.clone()];
    match &layer.norm {
        Some(norm) => names.extend(NORM.map(|(field, _)| format!("{norm}.{field}"))),
        None => names.push("classifier.bias".into()),
    }
    names
}

/// `[rows, columns]` as `[columns, rows]`.
fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    (0..columns).flat_map(|c| (0..rows).map(move |r| values[r * columns + c])).collect()
}

/// The tensors of a PyTorch state dict, in its order, or else the first parameter that has no place there.
pub(super) fn to_pytorch(model: &BTreeMap<String, Entry>, batches: u64) -> Result<Vec<Named>, String> {
    let mut tensors = Vec::new();
    let mut push = |name: String, shape: Vec<usize>, values| tensors.push(Named { name, shape, values });
    for module in modules(model)? {
        for layer in &module {
            let Entry { shape, values } = &model[&layer.weight];
            let [inputs, outputs] = shape[..] else { return Err(layer.weight.clone()) };
            let mut theirs = vec![1; layer.axes];
            theirs[..2].copy_from_slice(&[outputs, inputs]);
            push(format!("{}.weight", layer.conv), theirs, Values::Floats(transposed(values, inputs, outputs)));
            let bias = match layer.norm {
                Some(_) => vec![0.0; outputs],
                None => model["classifier.bias"].values.clone(),
            };
            push(format!("{}.bias", layer.conv), vec![outputs], Values::Floats(bias));
        }
        for layer in &module {
            let (Some(norm), Some(bn)) = (&layer.norm, &layer.bn) else { continue };
            for (own, theirs) in NORM {
                let Entry { shape, values } = &model[&format!("{norm}.{own}")];
                push(format!("{bn}.{theirs}"), shape.clone(), Values::Floats(values.clone()));
            }
            push(format!("{bn}.num_batches_tracked"), vec![], Values::Count(batches as i64));
        }
    }
    Ok(tensors)
}

/// The entries of a network from the tensors of a file, read in the layout and dictionary with most of its names;
/// `wanted` has their names and shapes.
pub(super) fn from_file(
    path: &Path,
    tensors: BTreeMap<String, Stored>,
    wanted: &BTreeMap<String, Entry>,
) -> Result<BTreeMap<String, Entry>, WeightsError> {
    if let Some((network, name)) = foreign(tensors.keys()) {
        return Err(WeightsError::Foreign { path: path.to_owned(), network, name: name.clone() });
    }
    let modules = modules(wanted).ok();
    let theirs: Vec<String> =
        modules.iter().flatten().flatten().map(|layer| format!("{}.weight", layer.conv)).collect();
    let found = |prefix: &str, names: &mut dyn Iterator<Item = &String>| {
        names.filter(|name| tensors.contains_key(&format!("{prefix}{name}"))).count()
    };
    let mut best = (0, String::new(), false);
    for prefix in DICTIONARIES.iter().flat_map(|d| WRAPPERS.map(|w| format!("{d}{w}"))) {
        for (count, pytorch) in
            [(found(&prefix, &mut wanted.keys()), false), (found(&prefix, &mut theirs.iter()), true)]
        {
            if count > best.0 {
                best = (count, prefix.clone(), pytorch);
            }
        }
    }
    let (_, prefix, pytorch) = best;
    if best.0 == 0 {
        let found = tensors.keys().next().map_or("none".to_owned(), Clone::clone);
        let wanted = theirs.first().or(wanted.keys().next()).cloned().unwrap_or_default();
        return Err(WeightsError::Unknown { path: path.to_owned(), found, wanted });
    }
    let outputs = wanted.get("classifier.bias").map_or(0, |bias| bias.values.len());
    let mut file = Tensors { path, prefix, tensors, outputs };
    // names in another dictionary, such as an optimiser's state, are not the network's
    file.tensors.retain(|name, _| name.starts_with(&file.prefix));
    let entries = match modules {
        Some(modules) if pytorch => from_pytorch(&mut file, &modules, wanted)?,
        _ => wanted
            .iter()
            .map(|(name, entry)| Ok((name.clone(), file.take(name, &entry.shape)?)))
            .collect::<Result<_, WeightsError>>()?,
    };
    match file.tensors.into_keys().next() {
        Some(name) => Err(WeightsError::LeftOver { path: path.to_owned(), name }),
        None => Ok(entries),
    }
}

/// A network that this program does not import, by what only its parameters are called, and one of these.
fn foreign<'a>(names: impl Iterator<Item = &'a String> + Clone) -> Option<(&'static str, &'a String)> {
    [
        ("conv_blocks.", "a multi-scale PointNet++ of yanx27/Pointnet_Pointnet2_pytorch"),
        ("SA_modules.", "a PointNet++ of mmdetection3d or erikwijmans/Pointnet2_PyTorch"),
        ("feat.stn.", "a PointNet of yanx27/Pointnet_Pointnet2_pytorch"),
    ]
    .into_iter()
    .find_map(|(part, network)| Some((network, names.clone().find(|name| name.contains(part))?)))
}

/// What to do about a parameter of another shape.
fn shape_remedy(name: &str, found: &[usize], expected: &[usize]) -> Cow<'static, str> {
    let sizes = |shape: &[usize]| (shape.first().copied(), shape.get(1).copied());
    let ((rows, Some(inputs)), (own_rows, Some(own_inputs))) = (sizes(found), sizes(expected)) else {
        return "use a configuration with the same levels, channels and features".into();
    };
    if name.ends_with("sa1.mlp_convs.0.weight") && rows == own_rows && inputs != own_inputs && inputs >= 3 {
        let features = inputs - 3;
        // of colour (3), normal (3) and height (1); what covariance (6) would add is hardly that in weights of others
        return match [0, 1, 3, 4, 6, 7].contains(&features) {
            true => format!("its network takes {features} features beside the position, so set data.features to these").into(),
            false => format!(
                "its network takes {features} features beside the position; unless these are color (3), normal (3), height \
                 (1) and covariance (6) of this program, which data.features would name, its weights cannot be used"
            )
            .into(),
        };
    }
    "use a configuration with the same levels, channels and features".into()
}

fn from_pytorch(
    file: &mut Tensors,
    modules: &[Vec<Layer>],
    wanted: &BTreeMap<String, Entry>,
) -> Result<BTreeMap<String, Entry>, WeightsError> {
    let mut entries = BTreeMap::new();
    for layer in modules.iter().flatten() {
        let [inputs, outputs] = wanted[&layer.weight].shape[..] else { unreachable!("weights have two axes") };
        let mut expected = vec![1; layer.axes];
        expected[..2].copy_from_slice(&[outputs, inputs]);
        let weight = file.take(&format!("{}.weight", layer.conv), &expected)?;
        let values = transposed(&weight.values, outputs, inputs);
        entries.insert(layer.weight.clone(), Entry { shape: vec![inputs, outputs], values });
        let bias = file.take(&format!("{}.bias", layer.conv), &[outputs])?;
        let (Some(norm), Some(bn)) = (&layer.norm, &layer.bn) else {
            entries.insert("classifier.bias".into(), bias);
            continue;
        };
        for (own, theirs) in NORM {
            let mut entry = file.take(&format!("{bn}.{theirs}"), &[outputs])?;
            if own == "running_mean" {
                entry.values.iter_mut().zip(&bias.values).for_each(|(mean, bias)| *mean -= bias);
            }
            entries.insert(format!("{norm}.{own}"), entry);
        }
        file.tensors.remove(&format!("{}{bn}.num_batches_tracked", file.prefix));
    }
    Ok(entries)
}

/// The tensors of a file under a prefix.
struct Tensors<'a> {
    path: &'a Path,
    prefix: String,
    tensors: BTreeMap<String, Stored>,
    /// Outputs of the configured network.
    outputs: usize,
}

impl Tensors<'_> {
    /// Takes out a tensor of a shape; trailing axes of 1 after the second do not count.
    fn take(&mut self, name: &str, expected: &[usize]) -> Result<Entry, WeightsError> {
        let name = format!("{}{name}", self.prefix);
        let path = self.path.to_owned();
        let Some(stored) = self.tensors.remove(&name) else { return Err(WeightsError::Missing { path, name }) };
        let core = |shape: &[usize]| {
            let ones = shape.iter().skip(2).rev().take_while(|n| **n == 1).count();
            shape[..shape.len() - ones].to_vec()
        };
        if core(&stored.shape) != core(expected) {
            let classifies = name.ends_with("conv2.bias") || name.ends_with("classifier.bias");
            let classifies = classifies || (name.ends_with("conv2.weight") && stored.shape.get(1) == expected.get(1));
            let classifies =
                classifies || (name.ends_with("classifier.weight") && stored.shape.first() == expected.first());
            let classes = if name.ends_with("classifier.weight") { stored.shape.get(1) } else { stored.shape.first() };
            return Err(match classes {
                Some(&found) if classifies && found != self.outputs => {
                    WeightsError::Classes { path, name, found, wanted: self.outputs }
                }
                _ => {
                    let remedy = shape_remedy(&name, &stored.shape, expected);
                    WeightsError::Shape { path, name, found: stored.shape, expected: expected.to_vec(), remedy }
                }
            });
        }
        let values = match stored.read() {
            Ok(values) => values,
            Err(NoValues::Damaged(message)) => return Err(WeightsError::Damaged { path, message }),
            Err(NoValues::OtherType(of)) => {
                return Err(WeightsError::Values {
                    path,
                    name,
                    what: format!("has values of type {of} instead of floats"),
                });
            }
        };
        if let Some(value) = values.iter().find(|v| !v.is_finite()) {
            return Err(WeightsError::Values { path, name, what: format!("holds {value}") });
        }
        if let Some(value) = values.iter().find(|v| **v < 0.0 && name.ends_with("running_var")) {
            return Err(WeightsError::Values {
                path,
                name,
                what: format!("holds {value}, which cannot be a variance"),
            });
        }
        Ok(Entry { shape: expected.to_vec(), values })
    }
}
