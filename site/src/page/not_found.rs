//! The page for addresses that there are not.

use serde::Serialize;

use crate::SiteError;
use crate::context::{Context, Head};
use crate::output::File;

#[derive(Debug, Serialize)]
struct Page {
    /// Address of the start page, if it is known.
    start: Option<String>,
}

/// A server shows this page under any address: relative links would lead anywhere, so it has none.
pub(crate) fn files(context: &Context<'_>) -> Result<Vec<File>, SiteError> {
    let locale = &context.locale;
    let start = context.address("index.html");
    let head = Head { title: locale.text("not-found-title"), is_whole: true, ..Head::default() };
    Ok(vec![context.page("404.html", "pages/not-found.html", head, &Page { start })?])
}

#[cfg(test)]
mod tests {
    use scraper::{Html, Selector};
    use serde_json::json;

    use super::*;
    use crate::page::sample::Sample;

    fn links(html: &str) -> Vec<String> {
        let html = Html::parse_document(html);
        let any = Selector::parse("[href], [src]").unwrap();
        let of = |element: scraper::ElementRef<'_>| {
            let value = element.value();
            value.attr("href").or(value.attr("src")).unwrap().to_owned()
        };
        html.select(&any).map(of).filter(|link| !link.starts_with("data:")).collect()
    }

    #[test]
    fn with_an_address_it_leads_to_the_start_page_from_anywhere() {
        let site = json!({ "version": "2.0", "address": "https://me.example/tokens/" });
        let page = &Sample::new(&[]).with("site.json", &site).files(files)["404.html"];
        assert_eq!(links(page), ["https://me.example/tokens/"]);
    }

    #[test]
    fn without_an_address_it_explains_and_has_no_relative_link() {
        let page = &Sample::new(&[]).files(files)["404.html"];
        assert_eq!(links(page), ["/"]);
        assert!(page.contains("some levels above"), "{page}");
        assert!(page.contains("name=\"robots\" content=\"noindex\""));
    }
}
