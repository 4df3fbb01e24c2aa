//! The page that filters in the browser: its sums are those of the summary.

use std::path::Path;

use serde_json::Value;

use crate::chromium::Tab;
use crate::sample::Use;
use crate::server::Server;
use crate::world::{Served, assert_none, world};

/// Opens the page with a query and waits for its result.
fn total(tab: &mut Tab<'_>, served: &Served, query: &str) -> u64 {
    tab.open(&served.server.url(&format!("explore/index.html{query}")));
    tab.wait_for(
        "!document.getElementById('explore-result').hidden&&\
         (!document.getElementById('explore-none').hidden||!!document.querySelector('[data-total-tokens]'))",
    );
    let told = tab.text("(document.querySelector('#explore-found:not([hidden]) [data-total-tokens]')||{dataset:{totalTokens:'0'}}).dataset.totalTokens");
    told.parse().unwrap()
}

fn sum(served: &Served, is_in: impl Fn(&Use) -> bool) -> u64 {
    served.sample.uses.iter().filter(|one| is_in(one)).map(|one| one.tokens).sum()
}

type IsIn = fn(&Use) -> bool;

#[test]
fn explore_adds_up_what_the_summary_holds() {
    let world = world();
    let served = world.site("a-year");
    let mut tab = world.browser.tab();
    let cases: [(&str, IsIn); 8] = [
        ("", |one| one.day >= "2026-04-23".parse().unwrap()),
        ("?from=2025-05-21&to=2026-05-20", |_| true),
        ("?from=2025-12-01&to=2026-01-31&by=model", |one| {
            one.day >= "2025-12-01".parse().unwrap() && one.day <= "2026-01-31".parse().unwrap()
        }),
        ("?from=2025-05-21&to=2026-05-20&source=codex", |one| one.source == "codex"),
        ("?from=2025-05-21&to=2026-05-20&source=codex&source=claude-code", |one| {
            one.source == "codex" || one.source == "claude-code"
        }),
        (
            "?from=2025-05-21&to=2026-05-20&machine=machine-02&model=gpt-5&by=project&measure=cost&cmp=none",
            |one| one.machine == "machine-02" && one.model == "gpt-5",
        ),
        ("?from=2025-05-21&to=2026-05-20&project=scratch&unit=month", |one| {
            one.project == "scratch"
        }),
        ("?source=nobody&x=1", |_| false),
    ];
    for (query, is_in) in cases {
        assert_eq!(total(&mut tab, &served, query), sum(&served, is_in), "{query}");
        let complaints = tab.complaints();
        assert!(complaints.is_empty(), "{query}: {complaints:?}");
    }
}

#[test]
fn explore_loads_only_the_years_that_it_shows() {
    let world = world();
    let served = world.site("three-years-and-twelve-machines");
    let mut tab = world.browser.tab();
    let shards = |tab: &Tab<'_>| {
        tab.requests().iter().filter(|address| address.contains("/data/v1/")).count()
    };
    total(&mut tab, &served, "?cmp=none");
    assert_eq!(shards(&tab), 1, "{:?}", tab.requests());
    let all = total(&mut tab, &served, "?from=2023-05-21&to=2026-05-20&cmp=none");
    assert_eq!(all, sum(&served, |_| true));
    assert_eq!(shards(&tab), 4, "{:?}", tab.requests());
}

#[test]
fn explore_is_quick_with_the_data_of_a_large_team() {
    let world = world();
    let served = world.site("three-years-and-twelve-machines");
    let mut tab = world.browser.tab();
    total(&mut tab, &served, "?from=2023-05-21&to=2026-05-20");
    // A change of a field, until the page has taken it up.
    let spent = tab.run(
        "(async()=>{const select=document.querySelector('[name=by]'),facts=document.querySelector('[data-total-tokens]');\
         const before=document.getElementById('explore-heading').textContent,start=performance.now();\
         select.value='machine';select.dispatchEvent(new Event('input',{bubbles:true}));select.dispatchEvent(new Event('change',{bubbles:true}));\
         while(document.getElementById('explore-heading').textContent===before){if(performance.now()-start>5000)return -1;await new Promise(requestAnimationFrame)}\
         return performance.now()-start})()",
    );
    let spent = spent.as_f64().unwrap();
    println!("a change takes {spent:.0} ms");
    // The budget is 50 ms on a machine that does nothing else.
    assert!((0.0..500.0).contains(&spent), "{spent} ms");
}

#[test]
fn explore_without_scripts_tells_where_else_to_look() {
    let world = world();
    let served = world.site("a-quarter");
    let mut tab = world.browser.tab();
    tab.call("Emulation.setScriptExecutionDisabled", &serde_json::json!({ "value": true }));
    tab.open(&served.server.url("explore/index.html"));
    assert_eq!(tab.run("document.getElementById('explore-form').checkVisibility()"), false);
    let links = tab.run("[...document.querySelectorAll('#explore-fallback a')].filter(a=>a.checkVisibility()).length");
    assert!(links.as_u64() > Some(2), "{links}");
}

#[test]
fn explore_from_a_file_says_that_it_cannot_load() {
    let world = world();
    let served = world.site("a-quarter");
    let mut tab = world.browser.tab();
    tab.open(&served.file("explore/index.html"));
    assert_eq!(tab.run("document.getElementById('explore-fallback').checkVisibility()"), true);
}

/// `explore.test.js` beside this file, over the files of the repository.
#[test]
fn the_parts_of_explore_do_what_they_should() {
    let world = world();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let server = Server::of(root.to_owned());
    let mut tab = world.browser.tab();
    tab.open(&server.url("site/tests/browser/explore.html"));
    tab.wait_for("!!window.__results");
    let results = tab.run("window.__results");
    let failed = results["failed"].as_array().into_iter().flatten().map(Value::to_string);
    assert_none(&failed.collect::<Vec<_>>());
    assert!(results["passed"].as_u64() > Some(5), "{results}");
}
