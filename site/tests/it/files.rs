//! What is written, left alone and refused.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use site::SiteError;

use crate::sample::states::{a_year, named};
use crate::sample::{Sample, Site, Use};

fn change(site: &Site, file: &str, key: &str, value: Value) {
    let path = site.path("summary").join(file);
    let mut object: Value = serde_json::from_slice(&fs_err::read(&path).unwrap()).unwrap();
    object[key] = value;
    fs_err::write(path, object.to_string()).unwrap();
}

/// The one shard of a small sample.
fn shard(site: &Site) -> String {
    let mut entries = fs_err::read_dir(site.path("summary/data/v1")).unwrap();
    entries.next().unwrap().unwrap().file_name().into_string().unwrap()
}

#[test]
fn building_twice_changes_nothing() {
    let site = named("a-quarter").build();
    let times = |site: &Site| -> BTreeMap<String, _> {
        let time = |path: String| {
            let time = fs_err::metadata(site.path(&path)).unwrap().modified().unwrap();
            (path, time)
        };
        site.files().into_keys().map(time).collect()
    };
    let before = times(&site);
    assert_eq!((site.built.changed, site.built.unchanged), (before.len(), 0));
    let again = site.again().unwrap();
    assert_eq!((again.changed, again.unchanged, again.removed), (0, before.len(), 0));
    assert_eq!(times(&site), before);
}

#[test]
fn one_summary_makes_the_same_bytes_in_two_folders() {
    let (one, other) = (named("languages").build(), named("languages").build());
    assert!(one.files() == other.files());
}

/// Files that differ between a site and the same site after more uses, removed and new ones included.
fn changed_by(before: &Sample, after: &Sample) -> Vec<String> {
    let site = before.build();
    let old = site.files();
    after.write(&site.path(""));
    let built = site.again().unwrap();
    let new = site.files();
    let mut paths: Vec<String> = new
        .iter()
        .filter(|(path, bytes)| old.get(*path) != Some(bytes))
        .map(|(path, _)| path.clone())
        .collect();
    assert_eq!(built.changed, paths.len(), "a file was written although it did not change");
    paths.extend(old.into_keys().filter(|path| !new.contains_key(path)));
    paths
}

/// What one more day may change: all that is about the newest days, and the pages of its own week, month and year.
fn may_change(path: &str, own: &[&str]) -> bool {
    const NEWEST: [&str; 26] = [
        "index.html",
        "7d/",
        "30d/",
        "91d/",
        "12m/",
        "all/",
        "calendar/",
        "sources/",
        "models/",
        "machines/",
        "projects/",
        "sessions/",
        "data/index.html",
        "data/files.json",
        "prices/",
        "badges/",
        "badge/",
        "card/",
        "explore/",
        "feed.atom",
        "wrapped/index.html",
        "data/daily.csv",
        "data/models.csv",
        "data/machines.csv",
        "data/projects.csv",
        "og/",
    ];
    // A closed year's picture stays as it is.
    if path == "og/2025.png" {
        return false;
    }
    NEWEST.iter().chain(own).any(|known| path.starts_with(known))
}

#[test]
fn one_more_day_changes_only_the_pages_about_it() {
    let before = a_year();
    let mut after = before.clone();
    after.uses.push(Use::on("2026-05-21").at("machine-01"));
    after.end = "2026-05-21".parse().unwrap();
    after.last = Some("2026-05-21T09:00:00Z");
    let own = ["2026/index.html", "2026/05/", "2026/w21/", "wrapped/2026", "data/v1/2026-"];
    let changed = changed_by(&before, &after);
    println!("{} files change", changed.len());
    let wrong: Vec<&String> = changed.iter().filter(|path| !may_change(path, &own)).collect();
    assert!(wrong.is_empty(), "{} files: {wrong:?}", wrong.len());
    assert!(changed.contains(&"index.html".to_owned()));
}

#[test]
fn the_first_day_of_a_month_changes_no_page_but_its_own_and_its_neighbours() {
    let mut before = a_year();
    before.uses.push(Use::on("2026-05-31").at("machine-01"));
    before.end = "2026-05-31".parse().unwrap();
    let mut after = before.clone();
    after.uses.push(Use::on("2026-06-01").at("machine-01"));
    after.end = "2026-06-01".parse().unwrap();
    // The week and the month before get a link to the next one.
    let own = [
        "2026/index.html",
        "2026/05/",
        "2026/06/",
        "2026/w22/",
        "2026/w23/",
        "wrapped/2026",
        "data/v1/2026-",
    ];
    let changed = changed_by(&before, &after);
    let wrong: Vec<&String> = changed.iter().filter(|path| !may_change(path, &own)).collect();
    assert!(wrong.is_empty(), "{} files: {wrong:?}", wrong.len());
}

#[test]
fn what_is_no_longer_made_goes_and_foreign_files_stay() {
    let before = named("languages");
    let site = before.build();
    let foreign = [
        "data/v1/notes.json",
        "data/v1/2025-readme.json",
        "CNAME",
        "badge/mine.svg",
        "zh/mine.html",
    ];
    for file in foreign {
        fs_err::create_dir_all(site.path(file).parent().unwrap()).unwrap();
        fs_err::write(site.path(file), "mine").unwrap();
    }
    let old = format!("data/v1/{}", shard(&site));
    Sample::new([Use::on("2026-05-20")]).write(&site.path(""));
    let built = site.again().unwrap();
    assert!(built.removed > 10, "{built:?}");
    let left = site.files();
    assert!(
        !left.contains_key(&old)
            && !left.contains_key("zh/index.html")
            && !left.contains_key("2026/02/index.html")
    );
    for file in foreign {
        assert_eq!(left.get(file).map(Vec::as_slice), Some(&b"mine"[..]), "{file}");
    }
    let clean = Sample::new([Use::on("2026-05-20")]).build().files();
    let strays: Vec<&String> = left
        .keys()
        .filter(|path| !clean.contains_key(*path) && !foreign.contains(&path.as_str()))
        .collect();
    assert_eq!(strays, Vec::<&String>::new());
}

#[test]
fn paths_are_made_of_safe_letters_whatever_the_names_are() {
    let safe = |letter: char| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || "._-/".contains(letter)
    };
    for path in named("hostile").build().files().into_keys() {
        assert!(path.chars().all(safe), "{path}");
        assert!(!path.split('/').any(|part| part == ".." || part == "."), "{path}");
    }
}

#[test]
fn no_half_written_file_is_left() {
    let site = Sample::small().build();
    let half: Vec<String> = site.files().into_keys().filter(|path| path.contains(".tm-")).collect();
    assert_eq!(half, Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn what_is_published_can_be_read_by_a_web_server() {
    use std::os::unix::fs::PermissionsExt;
    let site = Sample::small().build();
    let mode = fs_err::metadata(site.path("index.html")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}

#[test]
fn a_folder_without_a_summary_is_named_with_the_remedy() {
    let site = Sample::small().build();
    fs_err::remove_dir_all(site.path("summary")).unwrap();
    let error = site.again().unwrap_err();
    assert!(matches!(error, SiteError::Missing { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(site.path("summary").to_str().unwrap()), "{text}");
    assert!(text.contains("token-matters summarize"), "{text}");
}

#[test]
fn a_missing_file_of_the_summary_is_named() {
    let site = Sample::small().build();
    for file in [format!("data/v1/{}", shard(&site)), "latest.json".to_owned()] {
        let path = site.path("summary").join(file);
        fs_err::remove_file(&path).unwrap();
        let text = site.again().unwrap_err().to_string();
        assert!(text.contains(path.to_str().unwrap()), "{text}");
    }
}

#[test]
fn a_broken_file_of_the_summary_is_named_with_the_place_and_the_remedy() {
    for file in
        ["latest.json", "meta.json", "site.json", "hours.json", "sessions.json", "prices.json"]
    {
        let site = Sample::small().build();
        let path = site.path("summary").join(file);
        fs_err::write(&path, "{\"version\": \"2.0\",\n oops").unwrap();
        let text = site.again().unwrap_err().to_string();
        for part in [path.to_str().unwrap(), "line 2", "token-matters summarize"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn a_shard_with_a_short_column_is_named() {
    let site = Sample::small().build();
    let name = shard(&site);
    change(
        &site,
        &format!("data/v1/{name}"),
        "columns",
        json!({
            "day": [1, 2], "provider": [0], "model": [0], "machine": [0], "project": [0], "inputTokens": [1],
            "outputTokens": [1], "cacheCreationTokens": [1], "cacheReadTokens": [1], "reasoningTokens": [1],
            "otherTokens": [1], "requests": [1], "costUSD": [null], "unpricedTokens": [1], "quality": [0],
        }),
    );
    let text = site.again().unwrap_err().to_string();
    assert!(text.contains("2026") && text.contains("not complete"), "{text}");
}

#[test]
fn a_failed_build_leaves_the_page_as_it_was() {
    let site = Sample::small().build();
    let before = site.page();
    fs_err::write(site.path("summary/latest.json"), "").unwrap();
    site.again().unwrap_err();
    assert_eq!(site.page(), before);
}

#[test]
fn a_summary_of_another_major_version_is_refused_and_a_newer_minor_one_is_read() {
    let site = Sample::small().build();
    change(&site, "latest.json", "version", json!("2.7"));
    change(&site, "latest.json", "invented", json!({"deep": [1]}));
    assert_eq!(site.again().unwrap().changed, 0);
    for version in ["1.0", "3.0", ""] {
        change(&site, "meta.json", "version", json!(version));
        let error = site.again().unwrap_err();
        assert!(matches!(error, SiteError::Version { .. }), "{error}");
        assert!(error.to_string().contains("meta.json"), "{error}");
    }
}

#[test]
fn a_name_in_the_summary_cannot_lead_out_of_its_folder() {
    for name in ["../../../secret.json", "2026-../../secret.json", "/etc/hostname"] {
        let site = Sample::small().build();
        change(&site, "meta.json", "shards", json!([name]));
        let error = site.again().unwrap_err();
        assert!(matches!(error, SiteError::Summary { .. }), "{name}: {error}");
        assert!(error.to_string().contains("meta.json"), "{error}");
    }
}
