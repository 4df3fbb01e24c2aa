//! What a screen reader, a keyboard and forced colours find: axe-core on every page, a walk with Tab.

use serde_json::Value;

use crate::chromium::Tab;
use crate::world::{Served, assert_none, world};

const AXE: &str = include_str!("vendor/axe.min.js");

/// Everything that axe-core knows of WCAG 2.2 AA and of good practice.
const ALL: &str =
    "{type:'tag',values:['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}";

/// Violations on some pages, and how many rules passed on the last.
fn violations(tab: &mut Tab<'_>, served: &Served, pages: &[String], rules: &str) -> Vec<String> {
    let script = format!(
        "axe.run({{runOnly:{rules},resultTypes:['violations'],preload:false}})\
         .then(r=>r.violations.map(v=>v.id+': '+v.help+' '+v.nodes.slice(0,3).map(n=>n.target.join(' ')+' '+n.html.slice(0,160)).join(' | ')))"
    );
    let mut faults = Vec::new();
    for page in pages {
        tab.open(&served.server.url(page));
        tab.run(AXE);
        let told = tab.run(&script);
        let told = told.as_array().into_iter().flatten().filter_map(Value::as_str);
        faults.extend(told.map(|fault| format!("{page}: {fault}")));
    }
    faults
}

/// All pages. Weeks are of one template and many: every fourth stands for them.
fn pages(served: &Served) -> Vec<String> {
    let is_week = |path: &str| {
        path.split('/').nth(1).is_some_and(|part| part.starts_with('w') && part.len() == 3)
    };
    let (weeks, others): (Vec<String>, Vec<String>) =
        served.pages.iter().cloned().partition(|path| is_week(path));
    others.into_iter().chain(weeks.into_iter().step_by(4)).collect()
}

#[test]
fn axe_finds_nothing_on_any_page_in_light() {
    let world = world();
    let served = world.site("a-year");
    let mut tab = world.browser.tab();
    tab.prefer(&[("prefers-color-scheme", "light")]);
    assert_none(&violations(&mut tab, &served, &pages(&served), ALL));
}

/// Only colours can be different in the other theme, and pages of one kind have the same.
#[test]
fn axe_finds_nothing_on_any_kind_of_page_in_dark() {
    let world = world();
    let served = world.site("a-year");
    let mut tab = world.browser.tab();
    tab.prefer(&[("prefers-color-scheme", "dark")]);
    assert_none(&violations(&mut tab, &served, &served.kinds(), ALL));
}

#[test]
fn axe_finds_nothing_on_a_phone_in_any_state() {
    let world = world();
    let mut tab = world.browser.tab();
    tab.resize(320, 640);
    let mut faults = Vec::new();
    let served = world.site("a-year");
    faults.extend(violations(&mut tab, &served, &served.kinds(), ALL));
    for state in [
        "empty",
        "one-day",
        "estimated",
        "unpriced",
        "budget",
        "limits",
        "stale",
        "languages",
        "hostile",
    ] {
        let served = world.site(state);
        let own = violations(&mut tab, &served, &["index.html".to_owned()], ALL);
        faults.extend(own.into_iter().map(|fault| format!("{state}: {fault}")));
    }
    assert_none(&faults);
}

#[test]
fn axe_finds_a_fault_where_there_is_one() {
    let world = world();
    let served = world.site("one-day");
    let mut tab = world.browser.tab();
    tab.open(&served.server.url("index.html"));
    tab.run("document.querySelector('main').insertAdjacentHTML('beforeend','<input type=text>')");
    tab.run(AXE);
    let found =
        tab.text(&format!("axe.run({{runOnly:{ALL}}}).then(r=>r.violations.map(v=>v.id).join())"));
    assert!(found.contains("label"), "{found}");
}

/// What Tab must reach: of a group of radios only one.
const REACHABLE: &str = "(()=>{const seen=new Set();return [...document.querySelectorAll(\
    'a[href],button,input,select,textarea,summary,[tabindex=\"0\"]')]\
    .filter(e=>!e.disabled&&e.tabIndex>=0&&e.checkVisibility({visibilityProperty:true})&&!(e.name&&e.type==='radio'&&(seen.has(e.name)||!seen.add(e.name)))).length})()";

/// Where the focus is: number of the element, whether it can be seen, and whether it is marked.
const FOCUS: &str = "(()=>{const e=document.activeElement;if(!e||e===document.body)return null;\
    const all=window.__all||(window.__all=[]);let n=all.indexOf(e);if(n<0)n=all.push(e)-1;\
    const s=getComputedStyle(e),b=e.getBoundingClientRect();\
    return {n,what:e.outerHTML.slice(0,120),skip:e.matches('.skip'),\
    marked:(s.outlineStyle!=='none'&&parseFloat(s.outlineWidth)>0)||s.boxShadow!=='none',\
    seen:b.bottom>0&&b.top<innerHeight&&b.right>0&&b.left<innerWidth&&b.width>0}})()";

const MOST_STEPS: usize = 700;

fn walk(tab: &mut Tab<'_>, page: &str, faults: &mut Vec<String>) {
    let expected = tab.run(REACHABLE).as_u64().unwrap();
    let has_skip = tab.run("!!document.querySelector('.skip')") == true;
    let (mut reached, mut last) = (0, None);
    for step in 0..MOST_STEPS {
        tab.press("Tab", 9);
        let focus = tab.run(FOCUS);
        // After the last element the focus leaves the page, or starts anew. A date has stops of its own.
        let number = focus["n"].as_u64();
        if number.is_none() || number < last {
            break;
        }
        if number == last {
            continue;
        }
        last = number;
        reached += 1;
        if step == 0 && has_skip && focus["skip"] != true {
            faults.push(format!("{page}: the first stop is not the skip link: {}", focus["what"]));
        }
        for mark in ["marked", "seen"] {
            if focus[mark] != true {
                faults.push(format!("{page}: the focus is not {mark} on {}", focus["what"]));
            }
        }
    }
    if reached < expected {
        faults.push(format!("{page}: {reached} of {expected} elements are reached with Tab"));
    }
}

#[test]
fn the_keyboard_reaches_everything_and_always_shows_where_it_is() {
    let world = world();
    let served = world.site("a-quarter");
    let mut tab = world.browser.tab();
    let mut faults = Vec::new();
    for page in served.kinds() {
        tab.open(&served.server.url(&page));
        walk(&mut tab, &page, &mut faults);
    }
    assert_none(&faults);
}

#[test]
fn the_skip_link_leads_into_the_main_part() {
    let world = world();
    let mut tab = world.browser.tab();
    tab.open(&world.site("one-day").server.url("index.html"));
    tab.press("Tab", 9);
    tab.run("document.activeElement.click()");
    assert_eq!(tab.run("document.activeElement.id"), "main");
}

/// The current one of some links must differ from the others by more than a colour.
const CURRENT: &str = "(()=>{const faults=[];for(const list of document.querySelectorAll('ul')){\
    const here=list.querySelector(':scope>li>[aria-current]'),other=list.querySelector(':scope>li>a:not([aria-current])');\
    if(!here||!other)continue;const look=e=>{const s=getComputedStyle(e);\
    return [s.borderBottomWidth,s.borderBottomStyle,s.textDecorationLine,s.fontWeight,s.outlineStyle].join()+(s.borderBottomColor===s.color?'':s.borderBottomColor)};\
    if(look(here)===look(other))faults.push(here.outerHTML)}return faults})()";

#[test]
fn forced_colours_leave_the_current_page_marked() {
    let world = world();
    let served = world.site("a-quarter");
    let mut tab = world.browser.tab();
    tab.prefer(&[("forced-colors", "active")]);
    let mut faults = Vec::new();
    for page in served.kinds() {
        tab.open(&served.server.url(&page));
        let told = tab.run(CURRENT);
        let told = told.as_array().into_iter().flatten();
        faults.extend(told.map(|fault| format!("{page}: {fault} looks like its neighbours")));
    }
    assert_eq!(tab.run("matchMedia('(forced-colors: active)').matches"), true);
    assert_none(&faults);
}
