//! What is written, left alone and refused.

use serde_json::{Value, json};
use site::SiteError;

use crate::sample::{Sample, Site};

const SHARD: &str = "2026-6a67163397763b12.json";

fn with_shards(names: &[&str]) -> Site {
    let mut sample = Sample::small();
    sample.shards = names.iter().map(|name| (*name).to_owned()).collect();
    sample.build()
}

fn change(site: &Site, file: &str, key: &str, value: Value) {
    let path = site.path("summary").join(file);
    let mut object: Value = serde_json::from_slice(&fs_err::read(&path).unwrap()).unwrap();
    object[key] = value;
    fs_err::write(path, object.to_string()).unwrap();
}

#[test]
fn building_twice_changes_nothing() {
    let site = with_shards(&[SHARD]);
    assert_eq!((site.built.changed, site.built.unchanged), (8, 0));
    let times = || {
        ["index.html", ".nojekyll", "badge/token-usage.svg", "data/v1/2026-6a67163397763b12.json"]
            .map(|file| fs_err::metadata(site.path(file)).unwrap().modified().unwrap())
    };
    let before = times();
    let again = site.again().unwrap();
    assert_eq!((again.changed, again.unchanged), (0, 8));
    assert_eq!(times(), before);
}

#[test]
fn one_summary_makes_the_same_bytes_in_two_folders() {
    let (one, other) = (Sample::small().build(), Sample::small().build());
    assert_eq!(one.page(), other.page());
}

#[test]
fn a_shard_that_is_no_longer_there_goes_and_foreign_files_stay() {
    let site = with_shards(&[SHARD]);
    let old = site.path("data/v1/2025-0123456789abcdef.json");
    let foreign = ["data/v1/notes.json", "data/v1/2025-readme.json", "CNAME", "badge/mine.svg"];
    for file in foreign.iter().map(|name| site.path(name)).chain([old.clone()]) {
        fs_err::write(file, "mine").unwrap();
    }
    fs_err::create_dir(site.path("data/v1/2024-0123456789abcdef.json")).unwrap();
    site.again().unwrap();
    assert!(!old.exists());
    assert!(site.path("data/v1").join(SHARD).exists());
    assert!(site.path("data/v1/2024-0123456789abcdef.json").is_dir());
    for file in foreign {
        assert_eq!(site.text(file), "mine", "{file}");
    }
}

#[test]
fn no_half_written_file_is_left() {
    let site = with_shards(&[SHARD]);
    for folder in ["", "badge", "data/v1"] {
        for entry in fs_err::read_dir(site.path(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(!name.starts_with(".tm-"), "{folder}/{name}");
        }
    }
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
    for file in ["latest.json", "monthly/2026-05.json", "data/v1/2026-6a67163397763b12.json"] {
        let site = with_shards(&[SHARD]);
        let path = site.path("summary").join(file);
        fs_err::remove_file(&path).unwrap();
        let text = site.again().unwrap_err().to_string();
        assert!(text.contains(path.to_str().unwrap()), "{text}");
    }
}

#[test]
fn a_broken_file_of_the_summary_is_named_with_the_place_and_the_remedy() {
    for file in ["latest.json", "meta.json", "monthly/2026-05.json"] {
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
    for (key, name) in [
        ("shards", "../../../secret.json"),
        ("shards", "2026-../../secret.json"),
        ("shards", "/etc/hostname"),
        ("monthlyFiles", "../latest"),
        ("monthlyFiles", "2026-13"),
    ] {
        let site = Sample::small().build();
        change(&site, "meta.json", key, json!([name]));
        let error = site.again().unwrap_err();
        assert!(matches!(error, SiteError::Summary { .. }), "{name}: {error}");
        assert!(error.to_string().contains("meta.json"), "{error}");
    }
}
