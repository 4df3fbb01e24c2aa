//! A few pictures of pages, compared with those in `shots/`. They are drawn with the font of our cards, so that they do
//! not depend on the fonts of a machine. After a wanted change: `UPDATE_SHOTS=1 cargo test -p site --test browser shots`.

use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use resvg::tiny_skia::Pixmap;
use serde_json::json;

use crate::chromium::Tab;
use crate::world::world;

/// A pixel is another one from this difference of a channel on, out of 255.
const NOTICED: u8 = 40;
/// So many of a thousand pixels may be others.
const CHANGED: usize = 5;

const FONT: &[u8] = include_bytes!("../../fonts/DejaVuSans.ttf");

fn stored(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/shots").join(name)
}

#[expect(clippy::disallowed_methods, reason = "whoever wants new pictures says so")]
fn is_update() -> bool {
    std::env::var_os("UPDATE_SHOTS").is_some()
}

/// A page as it is drawn with our font.
fn picture(tab: &mut Tab<'_>, address: &str) -> Vec<u8> {
    tab.call("Page.setBypassCSP", &json!({ "enabled": true }));
    tab.open(address);
    let font = BASE64.encode(FONT);
    tab.run(&format!(
        "(async()=>{{const f=new FontFace('Shot','url(data:font/ttf;base64,{font})');await f.load();document.fonts.add(f);\
         const s=new CSSStyleSheet();s.replaceSync('*{{font-family:Shot!important;caret-color:transparent}}');\
         document.adoptedStyleSheets=[s];await document.fonts.ready}})()"
    ));
    let told = tab.call("Page.captureScreenshot", &json!({ "format": "png" }));
    BASE64.decode(told["data"].as_str().unwrap().as_bytes()).unwrap()
}

/// Compares with the stored picture; what was seen instead is left beside the other build results.
fn compare(name: &str, png: &[u8], version: &str) {
    let path = stored(name);
    if is_update() {
        fs_err::write(&path, png).unwrap();
        fs_err::write(stored("made-with.txt"), format!("{version}\n")).unwrap();
        return;
    }
    let made_with = fs_err::read_to_string(stored("made-with.txt")).unwrap();
    let (now, before) = (Pixmap::decode_png(png).unwrap(), Pixmap::load_png(&path).unwrap());
    let seen = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let told = format!(
        "stored is {}, seen {} (drawn by {version}; stored ones by {}). If the change is wanted: UPDATE_SHOTS=1",
        path.display(),
        seen.display(),
        made_with.trim()
    );
    let is_same_size = (now.width(), now.height()) == (before.width(), before.height());
    let changed = now.pixels().iter().zip(before.pixels()).filter(|(one, other)| {
        let pairs =
            [(one.red(), other.red()), (one.green(), other.green()), (one.blue(), other.blue())];
        pairs.iter().any(|(one, other)| one.abs_diff(*other) > NOTICED)
    });
    let changed = changed.count();
    if !is_same_size || changed * 1_000 > now.pixels().len() * CHANGED {
        fs_err::write(&seen, png).unwrap();
        panic!("{name}: {changed} of {} pixels are others; {told}", now.pixels().len());
    }
}

fn shoot(name: &str, (width, height): (u32, u32), theme: &str) {
    let world = world();
    let served = world.site("a-quarter");
    let mut tab = world.browser.tab();
    tab.resize(width, height);
    tab.prefer(&[("prefers-color-scheme", theme)]);
    let png = picture(&mut tab, &served.server.url("index.html"));
    compare(name, &png, &world.browser.version);
}

#[test]
fn the_start_page_in_light_is_as_it_was_looked_at() {
    shoot("overview-light.png", (1280, 1400), "light");
}

#[test]
fn the_start_page_in_dark_is_as_it_was_looked_at() {
    shoot("overview-dark.png", (1280, 1400), "dark");
}

#[test]
fn the_start_page_on_a_phone_is_as_it_was_looked_at() {
    shoot("overview-phone.png", (320, 1400), "light");
}
