//! SVG badges: any number of any stretch of days in five styles, those of the user's own, and those under the names
//! of Token Matters 1.x. The same numbers are there as JSON for shields.io.

mod classic;
pub(crate) mod metric;
pub(crate) mod own;
mod shape;
mod spark;
mod widths;

use serde::Serialize;

use crate::context::Context;
use crate::output::File;
use crate::period::Window;
use metric::{Metric, Numbers, Span};

pub(crate) use classic::CLASSIC;
pub use shape::{Badge, Style};

/// The badge with a drawing of 30 days.
pub(crate) const SPARK: &str = "spark-30d";

/// Every badge, each there from the first build on: GitHub keeps a picture that was once not found.
pub(crate) fn files(context: &Context<'_>) -> Vec<File> {
    let numbers = Numbers::new(context.data);
    let mut files = classic::files(&context.data.latest);
    for metric in Metric::ALL.into_iter().filter(|metric| metric.is_shown(context.data)) {
        for span in metric.spans() {
            let saying = numbers.saying(&context.locale, metric, *span);
            let badge = Badge::new(&saying.label, &saying.message).with_color(saying.color);
            let stem = metric::stem(metric, *span);
            for style in Style::ALL {
                let name = with_style(&stem, style);
                let svg = badge.clone().with_style(style).with_ids_of(&name).svg();
                files.push(File::new(path(&name), svg));
            }
            files.push(endpoint(&stem, &badge));
        }
    }
    let tokens = numbers.saying(&context.locale, Metric::Tokens, Span::Of(Window::Days30));
    files.push(File::new(path(SPARK), spark::svg(context, &tokens, SPARK)));
    for own in own::badges(context, &numbers) {
        files.push(File::new(path(&own.stem), own.badge.svg()));
        files.push(endpoint(&own.stem, &own.badge));
    }
    files
}

/// Path of a badge below the root.
pub(crate) fn path(stem: &str) -> String {
    format!("badge/{stem}.svg")
}

/// Name of a badge in a style: `flat` has none.
pub(crate) fn with_style(stem: &str, style: Style) -> String {
    match style {
        Style::Flat => stem.to_owned(),
        style => format!("{stem}-{}", style.name()),
    }
}

/// What shields.io reads: <https://shields.io/badges/endpoint-badge>, read 2026-11-19. Other keys are refused there.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint<'a> {
    schema_version: u8,
    label: &'a str,
    message: &'a str,
    color: &'a str,
}

fn endpoint(stem: &str, badge: &Badge) -> File {
    let endpoint = Endpoint {
        schema_version: 1,
        label: badge.label(),
        message: badge.message(),
        color: badge.color().trim_start_matches('#'),
    };
    // Numbers and texts can always be written.
    let mut json = serde_json::to_vec(&endpoint).unwrap_or_default();
    json.push(b'\n');
    File::new(format!("badge/{stem}.json"), json)
}

#[cfg(test)]
mod tests;
