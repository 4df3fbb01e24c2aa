//! SVG to PNG.

use std::collections::BTreeSet;

use png::{BitDepth, ColorType, Compression, Encoder, Filter};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{FontResolver, Options, Tree};

use super::font::Fonts;
use crate::SiteError;

/// Red, green, blue.
type Color = [u8; 3];

/// Colours that a picture can have with one byte a pixel.
const PALETTE: usize = 256;

/// Draws an SVG whose background has no hole.
pub(crate) fn png(svg: &str, fonts: &Fonts) -> Result<Vec<u8>, SiteError> {
    let other = fonts.other();
    let font_resolver = FontResolver {
        // By letter, not by what else was drawn before: a picture is the same whatever other names there are.
        select_fallback: Box::new(move |letter, used, _| {
            other.get(&letter).copied().filter(|id| !used.contains(id))
        }),
        ..FontResolver::default()
    };
    let options = Options { fontdb: fonts.database(), font_resolver, ..Options::default() };
    let tree =
        Tree::from_str(svg, &options).map_err(|error| SiteError::Picture(error.to_string()))?;
    let size = tree.size().to_int_size();
    let mut pixels = Pixmap::new(size.width(), size.height())
        .ok_or_else(|| SiteError::Picture("it has no size".to_owned()))?;
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    encoded(&pixels).map_err(|error| SiteError::Picture(error.to_string()))
}

/// One byte a pixel where that is enough: pictures of flat colours have few, and the edges of letters add little.
fn encoded(pixels: &Pixmap) -> Result<Vec<u8>, png::EncodingError> {
    let palette = palette(pixels);
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, pixels.width(), pixels.height());
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Balanced);
    encoder.set_filter(Filter::NoFilter);
    let data = if let Some(palette) = &palette {
        encoder.set_color(ColorType::Indexed);
        encoder.set_palette(palette.concat());
        indexed(pixels, palette)
    } else {
        encoder.set_color(ColorType::Rgb);
        colors(pixels).flatten().collect()
    };
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&data)?;
    writer.finish()?;
    Ok(file)
}

fn colors(pixels: &Pixmap) -> impl Iterator<Item = Color> {
    pixels.pixels().iter().map(|pixel| [pixel.red(), pixel.green(), pixel.blue()])
}

/// All colours in order, if there are no more than a palette has. Most pixels are as the one before.
fn palette(pixels: &Pixmap) -> Option<Vec<Color>> {
    let mut known: BTreeSet<Color> = BTreeSet::new();
    let mut last = None;
    for color in colors(pixels) {
        if last != Some(color) {
            last = Some(color);
            known.insert(color);
            if known.len() > PALETTE {
                return None;
            }
        }
    }
    Some(known.into_iter().collect())
}

fn indexed(pixels: &Pixmap, palette: &[Color]) -> Vec<u8> {
    let mut last = (palette.first().copied().unwrap_or_default(), 0);
    let place = |color: Color| {
        if color != last.0 {
            let place = palette.binary_search(&color).unwrap_or(0);
            last = (color, u8::try_from(place).unwrap_or(0));
        }
        last.1
    };
    colors(pixels).map(place).collect()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// Pixels of a picture, as rows of colours.
    fn decoded(bytes: &[u8]) -> (u32, u32, Vec<Color>) {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut data = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut data).unwrap();
        let colors = data.as_chunks::<3>().0.to_vec();
        (info.width, info.height, colors)
    }

    fn picture(body: &str) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"200\" height=\"40\" font-family=\"DejaVu Sans\">\
             <rect width=\"200\" height=\"40\" fill=\"#ffffff\"/>{body}</svg>"
        )
    }

    #[test]
    fn text_has_pixels_of_its_colour() {
        let fonts = Fonts::bundled();
        for weight in ["400", "700"] {
            let text = format!(
                "<text x=\"4\" y=\"30\" font-size=\"30\" font-weight=\"{weight}\" fill=\"#b3261e\">Tokens</text>"
            );
            let (width, height, pixels) = decoded(&png(&picture(&text), &fonts).unwrap());
            assert_eq!((width, height), (200, 40));
            let colored = pixels.iter().filter(|color| **color == [0xb3, 0x26, 0x1e]).count();
            assert!(colored > 300, "{weight}: {colored} pixels");
        }
    }

    #[test]
    fn a_text_is_as_wide_as_it_was_measured() {
        let fonts = Fonts::bundled();
        let text = "≈$9,390+ AVATo";
        let svg = picture(&format!("<text x=\"0\" y=\"30\" font-size=\"20\">{text}</text>"));
        let (width, _, pixels) = decoded(&png(&svg, &fonts).unwrap());
        let last = pixels
            .chunks(width as usize)
            .filter_map(|row| row.iter().rposition(|color| *color != [255; 3]))
            .max();
        let measured = fonts.width(text, 20.0, false);
        let drawn = u16::try_from(last.unwrap()).unwrap();
        assert!((f32::from(drawn) - measured).abs() < 3.0, "{drawn} drawn, {measured} measured");
    }

    #[test]
    fn more_colours_than_a_palette_has_are_all_kept() {
        let mut stripes = String::new();
        for x in 0..200 {
            for (y, color) in [(0, format!("{x},0,0")), (20, format!("0,{x},99"))] {
                let _ = write!(
                    stripes,
                    "<rect x=\"{x}\" y=\"{y}\" width=\"1\" height=\"20\" fill=\"rgb({color})\"/>"
                );
            }
        }
        let (_, _, pixels) = decoded(&png(&picture(&stripes), &Fonts::bundled()).unwrap());
        for x in [0_u8, 7, 100, 199] {
            assert_eq!(pixels[5 * 200 + usize::from(x)], [x, 0, 0]);
            assert_eq!(pixels[30 * 200 + usize::from(x)], [0, x, 99]);
        }
    }
}
