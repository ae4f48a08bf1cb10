//! Pictures: taken as they are from the signed image, made anew when they come from outside.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::Picture;

/// The largest picture file: 8 MB.
pub const MOST_PICTURE_BYTES: usize = 8_000_000;
/// The most pixels on one side.
const MOST_SIDE: u32 = 12_000;
/// The most pixels: 40 megapixels.
const MOST_PIXELS: u64 = 40_000_000;
/// The most memory that a decoder may ask for.
const MOST_MEMORY: u64 = 256 * 1024 * 1024;
/// What is kept fits into a square of this side.
const KEPT_SIDE: u32 = 1600;
const JPEG_QUALITY: u8 = 85;

/// A picture that was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// More bytes than fit.
    #[error("the picture is larger than 8 MB")]
    TooLarge,
    /// More pixels than fit.
    #[error("the picture has more than 40 megapixels, or a side of more than 12,000")]
    TooManyPixels,
    /// Something else, or a damaged file.
    #[error("the file is not a JPEG, PNG or WebP picture")]
    NotAPicture,
}

impl Picture {
    /// A picture of ours (the demo catalogue in the signed image): stored as it is.
    pub fn trusted(bytes: Vec<u8>) -> Result<Self, PictureError> {
        let (format, (width, height)) = measure(&bytes)?;
        Ok(Self { media_type: format.to_mime_type().to_owned(), width, height, bytes })
    }

    /// A picture from outside: decoded within limits, turned upright, made to fit, and encoded anew, so
    /// that nothing of the file remains but what can be seen. Takes its time: not for a serving thread.
    pub fn remake(bytes: &[u8]) -> Result<Self, PictureError> {
        measure(bytes)?;
        let picture = decode(bytes).map_err(|_| PictureError::NotAPicture)?;
        let fits = picture.width() <= KEPT_SIDE && picture.height() <= KEPT_SIDE;
        let picture =
            if fits { picture } else { picture.resize(KEPT_SIDE, KEPT_SIDE, FilterType::CatmullRom) };
        let clear = picture.color().has_alpha() && picture.to_rgba8().pixels().any(|pixel| pixel.0[3] < 255);
        let mut out = Cursor::new(Vec::new());
        let (encoded, media_type) = if clear {
            (DynamicImage::from(picture.to_rgba8()).write_to(&mut out, ImageFormat::Png), "image/png")
        } else {
            let encoder = JpegEncoder::new_with_quality(&mut out, JPEG_QUALITY);
            (picture.to_rgb8().write_with_encoder(encoder), "image/jpeg")
        };
        encoded.map_err(|_| PictureError::NotAPicture)?;
        let (width, height) = (picture.width(), picture.height());
        Ok(Self { media_type: media_type.to_owned(), width, height, bytes: out.into_inner() })
    }
}

/// Kind and size as the head of the file gives them; refuses what is too large before decoding it.
fn measure(bytes: &[u8]) -> Result<(ImageFormat, (u32, u32)), PictureError> {
    if bytes.len() > MOST_PICTURE_BYTES {
        return Err(PictureError::TooLarge);
    }
    let format = image::guess_format(bytes).map_err(|_| PictureError::NotAPicture)?;
    if !matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP) {
        return Err(PictureError::NotAPicture);
    }
    let reader = ImageReader::with_format(Cursor::new(bytes), format);
    let (width, height) = reader.into_dimensions().map_err(|_| PictureError::NotAPicture)?;
    let pixels = u64::from(width).saturating_mul(u64::from(height));
    if width > MOST_SIDE || height > MOST_SIDE || pixels > MOST_PIXELS {
        return Err(PictureError::TooManyPixels);
    }
    Ok((format, (width, height)))
}

fn decode(bytes: &[u8]) -> image::ImageResult<DynamicImage> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage, Rgba, RgbaImage};
    use proptest::prelude::*;

    fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        picture.into().write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    #[test]
    fn what_comes_from_outside_is_made_anew_and_fits() {
        let mut upload = file(RgbImage::from_pixel(2000, 500, Rgb([200, 30, 30])), ImageFormat::Jpeg);
        upload.extend_from_slice(b"<script>hidden behind the picture</script>");
        let kept = Picture::remake(&upload).unwrap();
        assert_eq!((kept.width, kept.height, kept.media_type.as_str()), (1600, 400, "image/jpeg"));
        assert!(!kept.bytes.windows(8).any(|part| part == b"<script>"));
    }

    #[test]
    fn see_through_stays_see_through() {
        let kept = Picture::remake(&file(RgbaImage::from_pixel(9, 9, Rgba([1, 2, 3, 9])), ImageFormat::WebP));
        assert_eq!(kept.unwrap().media_type, "image/png");
        let solid =
            Picture::remake(&file(RgbaImage::from_pixel(9, 9, Rgba([1, 2, 3, 255])), ImageFormat::Png));
        assert_eq!(solid.unwrap().media_type, "image/jpeg");
    }

    #[test]
    fn no_bomb_is_decoded_and_no_other_file_is_taken() {
        // The head of a PNG that says 30,000 times 30,000.
        let mut bomb = file(RgbImage::new(1, 1), ImageFormat::Png);
        bomb[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
        assert!(Picture::remake(&bomb).is_err());
        assert_eq!(Picture::remake(b"<svg/>").err(), Some(PictureError::NotAPicture));
        assert_eq!(Picture::remake(&vec![0; MOST_PICTURE_BYTES + 1]).err(), Some(PictureError::TooLarge));
    }

    proptest! {
        #[test]
        fn a_damaged_file_does_not_make_it_panic(at in 0_usize..600, byte: u8) {
            let mut upload = file(RgbImage::from_pixel(20, 20, Rgb([1, 2, 3])), ImageFormat::Jpeg);
            if let Some(place) = upload.get_mut(at) { *place = byte; }
            let _ = Picture::remake(&upload);
        }
    }
}
