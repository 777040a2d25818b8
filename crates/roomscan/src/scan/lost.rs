//! Surfaces from which too little light comes back to a sensor.

use super::Solid;
use crate::math::{V3, noise3};
use crate::scene::Material;

/// Materials whose channels are darker than this on average return little infrared light.
const DARK: f32 = 0.12;

/// How dark a material is: 0 for all but the darkest, 1 for black.
pub(crate) fn darkness(material: &Material) -> f32 {
    let mean = material.base.iter().sum::<f32>() / 3.0;
    ((DARK - mean) / DARK).max(0.0)
}

/// Fraction of a surface that an active sensor loses: glass, screens, metal and black things, and more of those at
/// grazing angles. `cosine` is that of the angle between ray and normal.
pub(crate) fn fraction_lost(material: &Material, cosine: f32) -> f32 {
    let dark = match darkness(material) {
        0.0 => 0.0,
        dark => 0.1 + 0.3 * dark,
    };
    let lost = material.dropout.max(dark);
    lost * (1.0 + 0.8 * (1.0 - cosine) * (1.0 - cosine))
}

/// A number in about 0..=1 that is constant over blobs of a decimetre. A surface is lost where it is below the fraction
/// to lose, so that holes are the same in all images.
pub(crate) fn blob(solid: &Solid<'_>, triangle: u32, p: V3) -> f32 {
    let index = solid.scene.triangles[triangle as usize].material;
    let seed = solid.scene.materials[index as usize].seed;
    0.5 + 0.75 * noise3(p.map(|v| v * 6.0), seed ^ 0x51ED ^ index.wrapping_mul(0x9E37_79B1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_and_metal_are_lost_and_paint_is_not() {
        let lost = |base: [f32; 3], cosine| fraction_lost(&Material::plain(base), cosine);
        assert_eq!(lost([0.2; 3], 0.2), 0.0);
        assert!((0.1..0.2).contains(&lost([0.11; 3], 1.0)) && (0.3..0.41).contains(&lost([0.01; 3], 1.0)));
        assert!(lost([0.05; 3], 0.2) > 1.3 * lost([0.05; 3], 1.0));
        assert!(fraction_lost(&Material::plain([0.6; 3]).lossy(0.08), 1.0) >= 0.08);
    }
}
