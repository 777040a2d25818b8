//! The kinds of devices that scan rooms.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The device that a room is scanned with. Each has its own density, noise, holes and smoothness.
///
/// | | pictures | noise | result |
/// |---|---|---|---|
/// | [`DepthCamera`](Self::DepthCamera) | `views` depth images, to 4.2 m | grows with the square of the distance | mesh |
/// | [`PhoneLidar`](Self::PhoneLidar) | 3/4 as many, nearer, to 5 m; edges bleed | smooth over many pixels | coarser, smoothed mesh |
/// | [`LaserScanner`](Self::LaserScanner) | 1 to 4 standing points | millimetres, and stray points at edges | points without faces |
/// | [`Photogrammetry`](Self::Photogrammetry) | `views` photographs, to 8 m | centimetres where nothing has texture | smoothed mesh, off in scale |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensor {
    /// A structured-light camera that is carried through the room, as ScanNet's.
    #[default]
    DepthCamera,
    /// The sparse time-of-flight sensor of a phone, whose depth images are interpolated and smooth: thin things vanish
    /// or become fat, and corners are round.
    PhoneLidar,
    /// A scanner on a tripod. Its points are dense near the tripod and sparse far away, and what no tripod sees is
    /// missing, as is the floor below it.
    LaserScanner,
    /// Stereo between photographs: good where there is texture, with bumps and holes on blank walls and tables.
    Photogrammetry,
}

impl Sensor {
    /// All sensors.
    pub const ALL: [Sensor; 4] =
        [Sensor::DepthCamera, Sensor::PhoneLidar, Sensor::LaserScanner, Sensor::Photogrammetry];

    /// Its name in configurations and in the `sensor` entry of a scan's `.txt` file, such as `phone-lidar`.
    pub fn name(self) -> &'static str {
        match self {
            Sensor::DepthCamera => "depth-camera",
            Sensor::PhoneLidar => "phone-lidar",
            Sensor::LaserScanner => "laser-scanner",
            Sensor::Photogrammetry => "photogrammetry",
        }
    }

    /// All names, separated by commas.
    pub fn names() -> String {
        Sensor::ALL.map(Sensor::name).join(", ")
    }
}

impl fmt::Display for Sensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Sensor {
    type Err = String;

    /// Parses a [`name`](Sensor::name). The error lists all names.
    fn from_str(name: &str) -> Result<Sensor, String> {
        Sensor::ALL
            .into_iter()
            .find(|s| s.name() == name)
            .ok_or_else(|| format!("'{name}' is not a sensor; choose from {}", Sensor::names()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_and_are_those_of_serde() {
        for sensor in Sensor::ALL {
            assert_eq!(sensor.name().parse(), Ok(sensor));
            assert_eq!(serde_json::to_value(sensor).unwrap(), sensor.name());
        }
        let message = "camera".parse::<Sensor>().unwrap_err();
        assert!(message.contains("'camera'") && message.contains("laser-scanner"), "{message}");
    }
}
