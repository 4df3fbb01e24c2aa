//! Contrast, and distance of colours for every kind of colour vision.

use super::*;

/// Red, green and blue of light, from 0 to 1.
type Light = [f64; 3];

fn light(hex: &str) -> Light {
    let digits = hex.strip_prefix('#').unwrap();
    let long: String = if digits.len() == 3 {
        digits.chars().flat_map(|digit| [digit, digit]).collect()
    } else {
        digits.to_owned()
    };
    [0, 2, 4].map(|place| {
        let value = f64::from(u8::from_str_radix(&long[place..place + 2], 16).unwrap()) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    })
}

fn times(matrix: [[f64; 3]; 3], [x, y, z]: [f64; 3]) -> [f64; 3] {
    matrix.map(|[a, b, c]| a * x + b * y + c * z)
}

/// WCAG 2.2: relative luminance and contrast ratio.
fn luminance(color: Light) -> f64 {
    0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(light(one)) + 0.05, luminance(light(other)) + 0.05);
    one.max(other) / one.min(other)
}

/// Full protan, deutan and tritan vision, as Machado, Oliveira and Fernandes (2009) model them, and the usual one.
const VISIONS: [[[f64; 3]; 3]; 4] = [
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    [
        [0.152_286, 1.052_583, -0.204_868],
        [0.114_503, 0.786_281, 0.099_216],
        [-0.003_882, -0.048_116, 1.051_998],
    ],
    [
        [0.367_322, 0.860_646, -0.227_968],
        [0.280_085, 0.672_501, 0.047_413],
        [-0.011_820, 0.042_940, 0.968_881],
    ],
    [
        [1.255_528, -0.076_749, -0.178_779],
        [-0.078_411, 0.930_809, 0.147_602],
        [0.004_733, 0.691_367, 0.303_900],
    ],
];

/// CIE L*a*b* under D65.
fn lab(color: Light) -> [f64; 3] {
    let xyz = times(
        [
            [0.412_456_4, 0.357_576_1, 0.180_437_5],
            [0.212_672_9, 0.715_152_2, 0.072_175],
            [0.019_333_9, 0.119_192, 0.950_304_1],
        ],
        color,
    );
    let root = |value: f64| {
        if value > 216.0 / 24_389.0 {
            value.cbrt()
        } else {
            (24_389.0 / 27.0 * value + 16.0) / 116.0
        }
    };
    let [x, y, z] = [root(xyz[0] / 0.950_47), root(xyz[1]), root(xyz[2] / 1.088_83)];
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// CIEDE2000, after Sharma, Wu and Dalal (2005).
fn distance(one: [f64; 3], other: [f64; 3]) -> f64 {
    let power = |chroma: f64| (chroma.powi(7) / (chroma.powi(7) + 25_f64.powi(7))).sqrt();
    let mean_chroma = f64::midpoint(one[1].hypot(one[2]), other[1].hypot(other[2]));
    let stretch = 1.0 + 0.5 * (1.0 - power(mean_chroma));
    let polar = |color: [f64; 3]| {
        let a = color[1] * stretch;
        let hue = if a == 0.0 && color[2] == 0.0 {
            0.0
        } else {
            color[2].atan2(a).to_degrees().rem_euclid(360.0)
        };
        (a.hypot(color[2]), hue)
    };
    let ((chroma_1, hue_1), (chroma_2, hue_2)) = (polar(one), polar(other));
    let is_grey = chroma_1 * chroma_2 == 0.0;
    let turn = match hue_2 - hue_1 {
        _ if is_grey => 0.0,
        turn if turn > 180.0 => turn - 360.0,
        turn if turn < -180.0 => turn + 360.0,
        turn => turn,
    };
    let hue = if is_grey { hue_1 + hue_2 } else { (hue_1 + turn / 2.0).rem_euclid(360.0) };
    let (lightness, chroma) = (f64::midpoint(one[0], other[0]), f64::midpoint(chroma_1, chroma_2));
    let cosine = |degrees: f64| degrees.to_radians().cos();
    let t =
        1.0 - 0.17 * cosine(hue - 30.0) + 0.24 * cosine(2.0 * hue) + 0.32 * cosine(3.0 * hue + 6.0)
            - 0.20 * cosine(4.0 * hue - 63.0);
    let middle = (lightness - 50.0).powi(2);
    let by_lightness = (other[0] - one[0]) / (1.0 + 0.015 * middle / (20.0 + middle).sqrt());
    let by_chroma = (chroma_2 - chroma_1) / (1.0 + 0.045 * chroma);
    let by_hue = 2.0 * (chroma_1 * chroma_2).sqrt() * (turn / 2.0).to_radians().sin()
        / (1.0 + 0.015 * chroma * t);
    let twist =
        -(60.0 * (-((hue - 275.0) / 25.0).powi(2)).exp()).to_radians().sin() * 2.0 * power(chroma);
    (by_lightness.powi(2) + by_chroma.powi(2) + by_hue.powi(2) + twist * by_chroma * by_hue).sqrt()
}

/// The smallest distance over all kinds of vision.
fn apart(one: &str, other: &str) -> f64 {
    let seen = |matrix, color: &str| {
        lab(times(matrix, light(color)).map(|part: f64| part.clamp(0.0, 1.0)))
    };
    let distances = VISIONS.map(|matrix| distance(seen(matrix, one), seen(matrix, other)));
    distances.into_iter().fold(f64::MAX, f64::min)
}

fn pick(pair: Pair, dark: bool) -> &'static str {
    if dark { pair.1 } else { pair.0 }
}

#[test]
fn the_arithmetic_is_that_of_the_papers() {
    // Pairs 1, 7 and 17 of Sharma's table.
    for (one, other, told) in [
        ([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485], 2.0425),
        ([50.0, 0.0, 0.0], [50.0, -1.0, 2.0], 2.3669),
        ([50.0, 2.5, 0.0], [73.0, 25.0, -18.0], 27.1492),
    ] {
        assert!((distance(one, other) - told).abs() < 0.0001, "{}", distance(one, other));
        assert!((distance(other, one) - told).abs() < 0.0001);
    }
    assert!((contrast("#000000", "#fff") - 21.0).abs() < 0.001);
    assert!((contrast("#767676", "#ffffff") - 4.54).abs() < 0.01);
    let white = lab(light("#ffffff"));
    assert!(
        (white[0] - 100.0).abs() < 0.01 && white[1].abs() < 0.05 && white[2].abs() < 0.05,
        "{white:?}"
    );
}

#[test]
fn texts_stand_out_from_pages_and_cards() {
    for dark in [false, true] {
        for text in ["ink", "soft", "link", "good", "warn", "bad"] {
            for ground in ["page", "card"] {
                let ratio = contrast(pick(role(text), dark), pick(role(ground), dark));
                assert!(ratio >= 4.5, "{text} on {ground}, dark {dark}: {ratio:.2}");
            }
        }
    }
}

#[test]
fn marks_stand_out_from_pages_and_cards() {
    for dark in [false, true] {
        for mark in SERIES.into_iter().chain([OTHER]) {
            for ground in ["page", "card"] {
                let ratio = contrast(pick(mark, dark), pick(role(ground), dark));
                assert!(ratio >= 3.0, "{mark:?} on {ground}, dark {dark}: {ratio:.2}");
            }
        }
    }
}

#[test]
fn series_can_be_told_apart_by_everybody() {
    for dark in [false, true] {
        let mut smallest = f64::MAX;
        for (number, one) in SERIES.into_iter().enumerate() {
            for other in SERIES.into_iter().skip(number + 1) {
                let distance = apart(pick(one, dark), pick(other, dark));
                assert!(distance >= 12.0, "{one:?} and {other:?}, dark {dark}: {distance:.1}");
                smallest = smallest.min(distance);
            }
        }
        println!("dark {dark}: {smallest:.1}");
    }
}

#[test]
fn neighbours_of_the_calendar_s_levels_differ_in_brightness() {
    for dark in [false, true] {
        let levels = RAMP.map(|pair| pick(pair, dark));
        for (number, pair) in levels.windows(2).enumerate() {
            let (one, other) = (luminance(light(pair[0])), luminance(light(pair[1])));
            let ratio = contrast(pair[0], pair[1]);
            assert!(ratio >= 1.3, "levels {number} and {}, dark {dark}: {ratio:.2}", number + 1);
            assert_eq!(other > one, dark, "levels go one way: {pair:?}");
            assert!(apart(pair[0], pair[1]) >= 10.0, "{pair:?}: {:.1}", apart(pair[0], pair[1]));
        }
    }
}

#[test]
fn white_text_stands_out_on_badges_and_badges_from_their_surroundings() {
    for (name, color) in BADGE {
        assert!(contrast(color, "#ffffff") >= 4.5, "{name}: {:.2}", contrast(color, "#ffffff"));
    }
}

#[test]
fn every_theme_has_every_variable() {
    for dark in [false, true] {
        let css = variables(dark);
        assert_eq!(css.matches(';').count(), ROLES.len() + SERIES.len() + 1 + RAMP.len());
    }
}
