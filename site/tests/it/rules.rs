//! What holds for every file of every site. A rule returns its faults as text, each with the file that it is in.

mod html;
mod links;
mod safety;
mod xml;

use std::collections::{BTreeMap, BTreeSet};

use scraper::{ElementRef, Html, Selector};

use crate::sample::{Sample, Site};
pub(crate) use xml::picture;

/// All files of a site, pages parsed.
pub(crate) struct Tree {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) pages: Vec<Page>,
    /// Paths of the summary, which lies beside the pages.
    pub(crate) summary: BTreeSet<String>,
    /// Where it is published, if that is known.
    pub(crate) address: Option<String>,
}

pub(crate) struct Page {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) html: Html,
}

impl Tree {
    pub(crate) fn of(site: &Site, sample: &Sample) -> Self {
        let summary = site.below("summary/").into_keys().collect();
        Self { summary, ..Self::new(site.files(), sample.site.address.clone()) }
    }

    fn new(files: BTreeMap<String, Vec<u8>>, address: Option<String>) -> Self {
        let is_page = |(path, _): &(&String, &Vec<u8>)| path.ends_with(".html");
        let page = |(path, bytes): (&String, &Vec<u8>)| {
            let text = String::from_utf8(bytes.clone()).unwrap();
            Page { path: path.clone(), html: Html::parse_document(&text), text }
        };
        let pages = files.iter().filter(is_page).map(page).collect();
        Self { files, pages, summary: BTreeSet::new(), address }
    }

    pub(crate) fn page(&self, path: &str) -> &Page {
        self.pages.iter().find(|page| page.path == path).expect("a page of that path")
    }

    /// Everything that is wrong with the tree.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = xml::faults(self);
        for page in &self.pages {
            let own = [html::faults(page), safety::faults(self, page)].concat();
            faults.extend(own.into_iter().map(|fault| format!("{}: {fault}", page.path)));
        }
        faults.extend(links::faults(self));
        faults
    }
}

impl Page {
    /// All elements that a selector finds.
    pub(crate) fn all<'a>(&'a self, selector: &str) -> Vec<ElementRef<'a>> {
        self.html.select(&Selector::parse(selector).unwrap()).collect()
    }
}

/// The words of an element, with single spaces; data for scripts are none.
pub(crate) fn words(element: ElementRef<'_>) -> String {
    let is_read = |node: &scraper::node::Text, parent: Option<&str>| {
        !node.is_empty() && !matches!(parent, Some("script" | "style"))
    };
    let texts = element.descendants().filter_map(|node| {
        let parent = node.parent().and_then(ElementRef::wrap).map(|parent| parent.value().name());
        node.value().as_text().filter(|text| is_read(text, parent)).map(|text| text.to_string())
    });
    let text: String = texts.collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Faults of one made-up page, for the tests of the rules.
#[cfg(test)]
fn faults_of(page: &str) -> Vec<String> {
    let files = BTreeMap::from([("index.html".to_owned(), page.as_bytes().to_vec())]);
    Tree::new(files, None).faults()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>A</title>\
        <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\"></head>\
        <body><main><h1>A</h1>{}</main></body></html>";

    #[test]
    fn a_sound_page_has_no_faults() {
        let body = "<h2 id=\"a\">B</h2><a href=\"#a\">C</a><img src=\"data:,\" alt=\"\">";
        assert_eq!(faults_of(&FRAME.replace("{}", body)), Vec::<String>::new());
    }

    #[test]
    fn every_kind_of_fault_is_found() {
        for (body, word) in [
            ("<p id=\"a\"></p><p id=\"a\"></p>", "id `a` twice"),
            ("<p aria-labelledby=\"none\"></p>", "points to no id"),
            ("<h1>Two</h1>", "h1"),
            ("<h3>Deep</h3>", "jumps"),
            ("<img src=\"data:,\">", "no alt"),
            ("<table><tr><td>1</td></tr></table>", "caption"),
            ("<table><caption>C</caption><tr><th>1</th></tr></table>", "scope"),
            ("<a href=\"#\"></a>", "no name"),
            ("<button></button>", "no name"),
            ("<p style=\"color:red\"></p>", "style attribute"),
            ("<p onclick=\"x()\"></p>", "handler"),
            ("<p></p></div>", "parse"),
            ("<a href=\"gone.html\">x</a>", "leads to nothing"),
            ("<a href=\"#gone\">x</a>", "no such place"),
            ("<a href=\"/index.html\">x</a>", "absolute"),
            ("<a href=\"https://evil.example/\">x</a>", "elsewhere"),
            ("<a href=\"javascript:x()\">x</a>", "elsewhere"),
            ("<p>[missing-key]</p>", "message key"),
            ("<script>x()</script>", "script"),
            ("<p>a\u{202e}b</p>", "turns"),
        ] {
            let faults = faults_of(&FRAME.replace("{}", body));
            assert!(faults.iter().any(|fault| fault.contains(word)), "{body}: {faults:?}");
        }
    }

    #[test]
    fn a_policy_that_does_not_allow_the_page_s_own_style_is_a_fault() {
        let page = FRAME.replace("{}", "").replace("</head>", "<style>p{color:red}</style></head>");
        assert!(faults_of(&page)[0].contains("hash"), "{:?}", faults_of(&page));
    }
}
