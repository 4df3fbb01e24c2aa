//! Stacked bars of days, weeks or months: one path per series.

use std::fmt::Write as _;

use serde::Serialize;

use super::scale::{Axis, HEIGHT, WIDTH, part, tenths};

/// Widest gap between two bars, in tenths.
const GAP: u64 = 80;
/// Gap between two parts of a bar, in tenths; parts of less than twice as much have none.
const SEAM: u64 = 10;

/// What is stacked, from the bottom up.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// `s0` … `s5`, `other`.
    pub(crate) color: String,
    /// One for each slot.
    pub(crate) values: Vec<Value>,
}

/// A part of a bar.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Value {
    pub(crate) all: u64,
    /// Of that, estimated or partial.
    pub(crate) inexact: u64,
}

/// A drawing.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Bars {
    pub(crate) layers: Vec<Layer>,
    /// What is hatched.
    pub(crate) hatch: String,
    /// Lines of the axis.
    pub(crate) grid: String,
}

/// One series.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Layer {
    pub(crate) color: String,
    pub(crate) path: String,
    /// Its part of a slot that is not over.
    pub(crate) open: String,
}

/// The axis that all bars fit on.
pub(crate) fn axis(series: &[Series]) -> Axis {
    let count = series.first().map_or(0, |series| series.values.len());
    let height = |slot: usize| {
        series.iter().fold(0_u64, |sum, series| sum.saturating_add(at(series, slot).all))
    };
    Axis::of((0..count).map(height).max().unwrap_or(0))
}

fn at(series: &Series, slot: usize) -> Value {
    series.values.get(slot).copied().unwrap_or_default()
}

/// Draws bars; the last one is lighter if its slot is not over.
pub(crate) fn stacked(series: &[Series], axis: Axis, last_is_open: bool) -> Bars {
    let count = series.first().map_or(0, |series| series.values.len());
    let mut layers: Vec<Layer> = series
        .iter()
        .map(|series| Layer {
            color: series.color.clone(),
            path: String::new(),
            open: String::new(),
        })
        .collect();
    let mut hatch = String::new();
    for slot in 0..count {
        let (x, width) = place(slot, count);
        let mut below = 0_u64;
        for (layer, series) in layers.iter_mut().zip(series) {
            let value = at(series, slot);
            let (mut bottom, top) = (axis.y(below), axis.y(below.saturating_add(value.all)));
            below = below.saturating_add(value.all);
            if bottom < HEIGHT && bottom - top > 2 * SEAM {
                bottom -= SEAM;
            }
            // What is there is seen, however small beside the rest.
            let top = if value.all > 0 && bottom == HEIGHT { top.min(HEIGHT - SEAM) } else { top };
            if bottom <= top {
                continue;
            }
            let is_open = last_is_open && slot + 1 == count;
            let path = if is_open { &mut layer.open } else { &mut layer.path };
            rectangle(path, x, top, width, bottom - top);
            let inexact = part(value.inexact.min(value.all), value.all, bottom - top);
            if inexact > 0 {
                rectangle(&mut hatch, x, top, width, inexact);
            }
        }
    }
    layers.retain(|layer| !layer.path.is_empty() || !layer.open.is_empty());
    Bars { layers, hatch, grid: axis.grid() }
}

/// Where a bar starts, and how wide it is.
fn place(slot: usize, count: usize) -> (u64, u64) {
    let (slot, count) = (slot as u64, count.max(1) as u64);
    let (start, end) = (WIDTH * slot / count, WIDTH * (slot + 1) / count);
    let gap = ((end - start) / 5).min(GAP);
    (start + gap / 2, end - start - gap)
}

fn rectangle(path: &mut String, x: u64, y: u64, width: u64, height: u64) {
    let [x, y, width, height] = [x, y, width, height].map(tenths);
    let _ = write!(path, "M{x} {y}h{width}v{height}h-{width}z");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(color: &str, values: &[(u64, u64)]) -> Series {
        let values = values.iter().map(|(all, inexact)| Value { all: *all, inexact: *inexact });
        Series { color: color.to_owned(), values: values.collect() }
    }

    #[test]
    fn bars_stand_on_each_other_with_a_seam_and_slots_without_use_stay_empty() {
        let series = [
            series("s0", &[(50, 0), (0, 0), (25, 0), (1, 0)]),
            series("s1", &[(50, 25), (0, 0), (0, 0), (0, 0)]),
        ];
        let bars = stacked(&series, axis(&series), false);
        assert_eq!(
            bars.layers[0].path,
            "M4 115h242v115h-242zM504 172.5h242v57.5h-242zM754 227.7h242v2.3h-242z"
        );
        assert_eq!(bars.layers[1].path, "M4 0h242v114h-242z");
        assert_eq!(bars.hatch, "M4 0h242v57h-242z");
        assert_eq!(bars.layers[0].open, "");
    }

    #[test]
    fn a_slot_that_is_not_over_is_drawn_by_itself() {
        let series = [series("s0", &[(10, 0), (10, 0)]), series("other", &[(0, 0), (0, 0)])];
        let bars = stacked(&series, axis(&series), true);
        assert_eq!(bars.layers.len(), 1, "a series without use is not drawn");
        assert_eq!(bars.layers[0].path, "M4 0h492v230h-492z");
        assert_eq!(bars.layers[0].open, "M504 0h492v230h-492z");
    }

    #[test]
    fn the_smallest_use_is_seen() {
        let series = [series("s0", &[(1_000_000, 0), (1, 0)])];
        let bars = stacked(&series, axis(&series), false);
        assert_eq!(bars.layers[0].path, "M4 0h492v230h-492zM504 229h492v1h-492z");
    }

    #[test]
    fn nothing_draws_nothing() {
        let bars = stacked(&[], axis(&[]), true);
        assert!(bars.layers.is_empty() && bars.hatch.is_empty());
    }
}
