//! Which axis of a scan points up.

use std::fmt;
use std::str::FromStr;

/// The axis of a file that points up. Networks want +z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Up {
    /// +x.
    X,
    /// −x.
    MinusX,
    /// +y, as in files for computer graphics.
    Y,
    /// −y, as in the coordinates of cameras.
    MinusY,
    /// +z.
    #[default]
    Z,
    /// −z.
    MinusZ,
}

impl Up {
    /// All axes.
    pub const ALL: [Up; 6] = [Up::X, Up::MinusX, Up::Y, Up::MinusY, Up::Z, Up::MinusZ];

    /// Its name, such as `-y`.
    pub fn name(self) -> &'static str {
        match self {
            Up::X => "x",
            Up::MinusX => "-x",
            Up::Y => "y",
            Up::MinusY => "-y",
            Up::Z => "z",
            Up::MinusZ => "-z",
        }
    }

    /// Turns a position or direction so that this axis becomes +z.
    pub fn turn(self, [x, y, z]: [f32; 3]) -> [f32; 3] {
        match self {
            Up::X => [-z, y, x],
            Up::MinusX => [z, y, -x],
            Up::Y => [x, -z, y],
            Up::MinusY => [x, z, -y],
            Up::Z => [x, y, z],
            Up::MinusZ => [x, -y, -z],
        }
    }
}

impl fmt::Display for Up {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Up {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let names = || Up::ALL.map(Up::name).join(", ");
        let found = Up::ALL.into_iter().find(|up| up.name() == name.trim_start_matches('+'));
        found.ok_or_else(|| format!("no such axis; choose one of {}", names()))
    }
}

/// What to tell the user if the scan, turned already, lies on its side: another axis than +z has much fuller layers.
/// Which way that axis points cannot be seen.
pub(super) fn note(coord: &[[f32; 3]], up: Up) -> Option<String> {
    let axis = pointops::level_axis(coord).filter(|axis| *axis != 2)?;
    let seen = [Up::X, Up::Y, Up::Z].into_iter().find(|seen| {
        // the axis of the file that became this one
        let unit = std::array::from_fn(|a| if a == *seen as usize / 2 { 1.0 } else { 0.0 });
        up.turn(unit)[axis] != 0.0
    })?;
    Some(format!(
        "the scan seems to lie on its side: more of it is level along {seen} than along {up}; if its floor is wrong, \
         try --up {seen} or --up -{seen}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_rotations_that_lift_the_axis() {
        for up in Up::ALL {
            let axes = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].map(|axis| up.turn(axis));
            let [a, b, c] = axes;
            let cross = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
            assert_eq!(cross, c, "{up} must not mirror");
            let sign = if up.name().starts_with('-') { -1.0 } else { 1.0 };
            assert_eq!(axes[up as usize / 2].map(|v| v * sign), [0.0, 0.0, 1.0], "{up}");
            assert_eq!(up.name().parse(), Ok(up));
        }
        assert!("w".parse::<Up>().unwrap_err().contains("-z"));
    }
}
