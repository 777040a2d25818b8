//! Arguments of `view` and `render`.

use super::WhichCheckpoint;
use clap::{Args, ValueEnum};
use scannet::{Split, Units};
use scanseg::{DeviceName, Up};
use std::path::PathBuf;

/// A scan, and what to label it with.
#[derive(Debug, Args)]
pub struct ScanArgs {
    /// Scan to show: a file as for predict, a scene of a prepared store (PREPARED/val/scene0000_00), the store itself, or the folder
    /// of a run, which labels a scene of its data
    #[arg(value_name = "INPUT")]
    pub input: PathBuf,
    /// Folder of a run that labels the scan, or any-scan, the model that ships with the program; may be given up to three
    /// times
    #[arg(long, value_name = "RUN")]
    pub run: Vec<PathBuf>,
    /// Checkpoint of each run to use
    #[arg(long, value_enum, default_value_t = WhichCheckpoint::Best)]
    pub checkpoint: WhichCheckpoint,
    /// Prepared store, if INPUT is a run [default: the one that it was trained on]
    #[arg(long, value_name = "PREPARED")]
    pub data: Option<PathBuf>,
    /// Scene, if INPUT is a run or a store [default: the first of the split]
    #[arg(long, value_name = "NAME")]
    pub scene: Option<String>,
    /// Split of the scene, if INPUT is a run or a store [default: that of the scene, or val]
    #[arg(long)]
    pub split: Option<Split>,
    /// Label set: a built-in one, or the path of a TOML file [default: that of the run, labels.toml of the store, or
    /// scannet20]
    #[arg(long, value_name = "LABELS", conflicts_with = "run")]
    pub labels: Option<String>,
    /// Axis of a file that points up: x, y, z, -x, -y or -z
    #[arg(long, default_value_t, value_name = "AXIS", allow_hyphen_values = true)]
    pub up: Up,
    /// Unit of the file's coordinates: m, cm, mm, ft or in [default: m, or cm or mm where the scan would be higher than any
    /// building]
    #[arg(long, value_name = "UNIT")]
    pub units: Option<Units>,
    /// Device to run networks on: cpu, cuda or wgpu; cuda:1 is the second GPU
    #[arg(long, default_value_t)]
    pub device: DeviceName,
}

#[derive(Debug, Args)]
pub struct ViewArgs {
    #[command(flatten)]
    pub scan: ScanArgs,
    /// HTML file to write [default: the name of the scan, in the current folder]
    #[arg(long, value_name = "PAGE.html")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct RenderArgs {
    #[command(flatten)]
    pub scan: ScanArgs,
    /// PNG file to write
    #[arg(long, value_name = "OUT.png")]
    pub png: PathBuf,
    /// Where the scan is seen from
    #[arg(long, value_enum, default_value_t = ViewName::Perspective)]
    pub view: ViewName,
    /// What the colours show; several, separated by commas, are drawn side by side
    #[arg(long, value_enum, value_delimiter = ',', default_value = "color")]
    pub by: Vec<By>,
    /// Size of each picture in pixels
    #[arg(long, default_value = "1200x900", value_name = "WIDTHxHEIGHT", value_parser = size)]
    pub size: (usize, usize),
    /// Rotation about the vertical in degrees; 0 looks along +y [default: 0 from the top, else 35]
    #[arg(long, value_name = "DEGREES", allow_hyphen_values = true, value_parser = finite)]
    pub azimuth: Option<f32>,
    /// Angle above the horizon in degrees, -90 to 90 [default: 90 from the top, 60 for a section, else 49]
    #[arg(long, value_name = "DEGREES", allow_hyphen_values = true, value_parser = elevation)]
    pub elevation: Option<f32>,
    /// Leave out what is higher than this above the floor [default: 1.3 for a section, else nothing is left out]
    #[arg(long, value_name = "METRES", allow_hyphen_values = true, value_parser = height)]
    pub cut: Option<f32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ViewName {
    /// From above, from so far that walls do not lean
    Top,
    /// From above and from the side
    Perspective,
    /// From above and from the side, without the upper part of the room
    Section,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// The colours of the scan
    Color,
    /// The annotation
    Truth,
    /// The predicted classes, or those of the annotation if nothing is predicted
    Class,
    /// Where predictions are wrong: orange
    Error,
    /// How sure the network is: from dark blue to yellow
    Confidence,
    /// The directions of surfaces
    Normal,
    /// The height: from dark blue to yellow
    Height,
}

fn size(text: &str) -> Result<(usize, usize), String> {
    let sides = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    match sides {
        Some((width, height)) if [width, height].iter().all(|side| (16..=8192).contains(side)) => Ok((width, height)),
        Some(_) => Err("each side must be from 16 to 8192 pixels".to_owned()),
        None => Err("write the width, an x and the height, such as 1200x900".to_owned()),
    }
}

fn elevation(text: &str) -> Result<f32, String> {
    let angle = finite(text)?;
    if angle.abs() <= 90.0 { Ok(angle) } else { Err("the angle must be from -90 to 90 degrees".to_owned()) }
}

fn height(text: &str) -> Result<f32, String> {
    match finite(text)? {
        height if height > 0.0 => Ok(height),
        _ => Err("nothing is left below the floor; give a height above 0".to_owned()),
    }
}

fn finite(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err("not a finite number".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
