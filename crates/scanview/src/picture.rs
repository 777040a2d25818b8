//! Pictures in memory.

/// A picture. `pixels` has three RGB bytes per pixel, row by row from the top left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// `3 · width · height` bytes.
    pub pixels: Vec<u8>,
}

impl Picture {
    /// Joins pictures of equal height from left to right.
    ///
    /// # Panics
    /// If their heights differ.
    pub fn beside(pictures: &[Picture]) -> Picture {
        let height = pictures.first().map_or(0, |p| p.height);
        assert!(pictures.iter().all(|p| p.height == height), "pictures must have the same height");
        let row =
            |y: usize| pictures.iter().flat_map(move |p| &p.pixels[y * p.width * 3..(y + 1) * p.width * 3]).copied();
        let pixels = (0..height).flat_map(row).collect();
        Picture { width: pictures.iter().map(|p| p.width).sum(), height, pixels }
    }

    /// The bytes of a PNG file.
    ///
    /// # Panics
    /// If the number of bytes does not fit the size, or a side is 0 or does not fit 32 bits.
    pub fn to_png(&self) -> Vec<u8> {
        let side = |n: usize| u32::try_from(n).expect("a side fits 32 bits");
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, side(self.width), side(self.height));
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        let mut writer = encoder.write_header().expect("a size above 0");
        writer.write_image_data(&self.pixels).expect("three bytes per pixel");
        writer.finish().expect("memory takes all bytes");
        bytes
    }
}
