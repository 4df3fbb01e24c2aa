use tempfile::TempDir;

use super::*;

fn build(root: &TempDir, files: &[(&str, &str)]) -> Built {
    write(root.path(), files.iter().map(|(path, text)| File::new(*path, *text)).collect()).unwrap()
}

fn numbers(built: Built) -> [usize; 3] {
    [built.changed, built.unchanged, built.removed]
}

#[test]
fn only_what_has_changed_is_written() {
    let root = TempDir::new().unwrap();
    assert_eq!(numbers(build(&root, &[("index.html", "a"), ("7d/index.html", "b")])), [3, 0, 0]);
    assert_eq!(numbers(build(&root, &[("index.html", "a"), ("7d/index.html", "b")])), [0, 3, 0]);
    assert_eq!(numbers(build(&root, &[("index.html", "c"), ("7d/index.html", "b")])), [1, 2, 0]);
    assert_eq!(fs::read_to_string(root.path().join("index.html")).unwrap(), "c");
}

#[test]
fn what_an_earlier_build_made_goes_and_everything_else_stays() {
    let root = TempDir::new().unwrap();
    build(&root, &[("index.html", "a"), ("projects/secret/index.html", "b")]);
    fs::write(root.path().join("CNAME"), "tokens.example").unwrap();
    fs::create_dir(root.path().join("projects/mine")).unwrap();
    assert_eq!(numbers(build(&root, &[("index.html", "a")])), [1, 1, 1]);
    assert!(!root.path().join("projects/secret").exists(), "an empty folder goes too");
    assert!(root.path().join("projects/mine").is_dir());
    assert!(root.path().join("CNAME").is_file());
}

#[test]
fn a_list_that_somebody_has_changed_leads_to_nothing_outside() {
    let place = TempDir::new().unwrap();
    let root = place.path().join("site");
    fs::create_dir_all(root.join("data")).unwrap();
    let precious = place.path().join("precious");
    fs::write(&precious, "x").unwrap();
    let absolute = precious.display().to_string().replace('\\', "/");
    let list = serde_json::json!({ "files": ["../precious", absolute, "a/../../precious"] });
    fs::write(root.join(LIST), list.to_string()).unwrap();
    let built = write(&root, vec![File::new("index.html", "a")]).unwrap();
    assert_eq!(built.removed, 0);
    assert!(precious.is_file());
    // One that cannot be read is as good as none.
    fs::write(root.join(LIST), "{").unwrap();
    assert!(write(&root, vec![File::new("index.html", "a")]).is_ok());
}
