//! What somebody should look at: a model without a price, a machine that is silent.
//!
//! A notice says nothing that the next day changes, so that a reader shows it once.

use chrono::TimeDelta;

use super::News;
use crate::context::Context;
use crate::cube::Dimension;
use crate::names;
use crate::page::data::SILENT_DAYS;

pub(super) fn all(context: &Context<'_>) -> Vec<News> {
    let mut news = prices(context);
    news.extend(silent(context));
    news
}

fn prices(context: &Context<'_>) -> Vec<News> {
    let (data, locale) = (context.data, &context.locale);
    if !data.shows_cost() {
        return Vec::new();
    }
    let view = data.cube.all();
    let unpriced = view.by(Dimension::Model).into_iter().filter(|(_, sum)| sum.unpriced_tokens > 0);
    let notice = |place| {
        let name = view.cube().name(Dimension::Model, place);
        let first = view.only(Dimension::Model, place).range()?.start;
        let slug = names::slug(name);
        let parts = [("model", names::line(name).into()), ("date", locale.date(first).into())];
        Some(News {
            key: format!("price/{slug}"),
            day: first,
            title: locale.with("feed-price", &parts),
            path: match data.prices {
                Some(_) => format!("prices/index.html#{slug}"),
                None => format!("models/{slug}/index.html"),
            },
            text: locale.with("feed-price-text", &parts),
        })
    };
    unpriced.filter_map(|(place, _)| notice(place)).collect()
}

fn silent(context: &Context<'_>) -> Vec<News> {
    let (data, locale) = (context.data, &context.locale);
    let view = data.cube.all();
    let notice = |place| {
        let last = view.only(Dimension::Machine, place).range()?.end;
        if (data.end - last).num_days() < SILENT_DAYS {
            return None;
        }
        let name = view.cube().name(Dimension::Machine, place);
        let slug = names::slug(name);
        let parts = [
            ("machine", names::line(name).into()),
            ("date", locale.date(last).into()),
            ("n", SILENT_DAYS.to_string().into()),
        ];
        Some(News {
            key: format!("silent/{slug}/{last}"),
            day: last + TimeDelta::days(SILENT_DAYS),
            title: locale.with("feed-silent", &parts),
            path: format!("machines/{slug}/index.html"),
            text: locale.with("feed-silent-text", &parts),
        })
    };
    view.by(Dimension::Machine).into_iter().filter_map(|(place, _)| notice(place)).collect()
}
