//! `prices` and `reprice`: which prices count and why, newer ones, and what others would change.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::support::{Machine, claude_line, tree};

const LOG: &str = ".claude/projects/p/s1.jsonl";

fn machine() -> Machine {
    let machine = Machine::new();
    let lines = claude_line("msg_1", "2026-04-10T10:00:00Z", 1000)
        + &claude_line("msg_2", "2026-05-10T10:00:00Z", 1000);
    machine.write_log(LOG, &lines);
    fs_err::create_dir_all(machine.data()).unwrap();
    machine
}

fn own(machine: &Machine, models: &str) {
    let text = format!(r#"{{"version":"2.0","date":"2026-05-01","models":{models}}}"#);
    fs_err::write(machine.data().join("pricing.json"), text).unwrap();
}

fn list(input: &str, output: &str) -> String {
    format!(
        r#"{{"claude-sonnet-4-5":{{"litellm_provider":"anthropic","mode":"chat","input_cost_per_token":{input},"output_cost_per_token":{output}}}}}"#
    )
}

fn file(machine: &Machine, name: &str, text: &str) -> String {
    let path = machine.root.path().join(name);
    fs_err::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn cost(machine: &Machine) -> String {
    machine.totals(&[])["cost"]["listUSD"].as_str().unwrap().to_owned()
}

#[test]
fn prices_are_listed_with_the_users_own_marked() {
    let machine = machine();
    own(&machine, r#"{"my-sonnet":[{"input":"1","output":"2"}]}"#);
    let all = machine.run(&["prices", "list", "--model", "SONNET"]).ok();
    assert!(all.stdout().contains("my-sonnet *"), "{}", all.stdout());
    assert!(all.stdout().contains("claude-sonnet-4-5"), "{}", all.stdout());
    assert!(!all.stdout().contains("gpt-5"), "{}", all.stdout());
    let json = machine.run(&["prices", "list", "--model", "my-sonnet", "--json"]).ok().json();
    assert_eq!(json["version"], "2.0");
    assert_eq!(json["models"][0]["isOwn"], true);
    assert_eq!(json["models"][0]["price"]["input"], "1");
}

#[test]
fn a_model_is_shown_with_its_days() {
    let machine = machine();
    own(
        &machine,
        r#"{"m":[{"until":"2026-03-01","input":"3","output":"9"},{"from":"2026-03-01","input":"2","output":"8","source":"invoice"}]}"#,
    );
    let shown = machine.run(&["prices", "show", "m"]).ok().stdout();
    assert!(shown.contains("before 2026-03-01") && shown.contains("from 2026-03-01"), "{shown}");
    assert!(shown.contains("source: invoice"), "{shown}");
    let shown = machine.run(&["prices", "show", "m", "--at", "2026-01-01"]).ok().stdout();
    assert!(shown.contains("input 3") && !shown.contains("input 2"), "{shown}");
    let json = machine.run(&["prices", "show", "m", "--json"]).ok().json();
    assert_eq!(json["prices"].as_array().unwrap().len(), 2);
}

#[test]
fn an_explanation_names_every_rule_and_every_line_of_the_sum() {
    let machine = machine();
    let told = machine
        .run(&[
            "prices",
            "explain",
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "--input",
            "300000",
            "--output",
            "1000",
            "--web-searches",
            "3",
            "--tier",
            "flex",
        ])
        .ok()
        .stdout();
    for part in [
        "looked up: us.anthropic.claude-sonnet-4-5-20250929-v1:0, claude-sonnet-4-5-20250929-v1:0, claude-sonnet-4-5-20250929",
        "found: claude-sonnet-4-5-20250929, listed",
        "tier flex: has no rates of its own",
        "300,000 prompt tokens are above 200,000",
        "input: 300,000 at 6 for a million = 1.8 USD",
        "output: 1,000 at 22.5 for a million = 0.0225 USD",
        "webSearches: 3 at 0.01 each = 0.03 USD",
        "list value: 1.8525 USD",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let asked =
        ["prices", "explain", "claude-opus-4-8", "--tier", "fast", "--input", "1000000", "--json"];
    let json = machine.run(&asked).ok().json();
    assert_eq!(json["listUSD"], "10");
    assert_eq!(json["inForce"]["factors"][0]["factor"], "2");
    assert_eq!(json["inForce"]["lines"][0]["amount"], "5");
}

#[test]
fn an_unpriced_model_is_explained_with_what_is_near_and_how_to_price_it() {
    let machine = machine();
    for model in ["claude-opus-4-9", "--json-model", "\u{1b}[31mclaude"] {
        let told = machine.run(&["prices", "explain", model]).ok().stdout();
        assert!(told.contains("unpriced") && told.contains("pricing.json"), "{told}");
        assert!(!told.contains('\u{1b}'), "{told}");
    }
    let told = machine.run(&["prices", "explain", "claude-opus-4-9"]).ok().stdout();
    assert!(
        told.contains("near, and not the same: ") && told.contains("claude-opus-4-8"),
        "{told}"
    );
    let json = machine.run(&["prices", "explain", "claude-opus-4-9", "--json"]).ok().json();
    assert!(json["listUSD"].is_null() && json["origin"].is_null(), "{json}");
    let free = machine.run(&["prices", "explain", "some/model:free"]).ok().stdout();
    assert!(free.contains("free: the name ends"), "{free}");
}

#[test]
fn a_file_of_prices_is_checked_by_line() {
    let machine = machine();
    assert_eq!(machine.run(&["prices", "check"]).ok().stdout(), "");
    own(&machine, r#"{"m":[{"input":"1","output":"2"}]}"#);
    assert_eq!(machine.run(&["prices", "check"]).ok().stdout(), "");
    own(&machine, "{\n\"m\":[{\"input\":\"-1\"}],\n\"n\":[{\"input\":\"0\"}]}");
    let run = machine.run(&["prices", "check"]);
    assert_eq!(run.code(), 3);
    assert!(
        run.stdout().contains("pricing.json: line 2: m: a price below zero"),
        "{}",
        run.stdout()
    );
    assert!(run.stdout().contains("line 3: n: a price of 0"), "{}", run.stdout());
    let broken = file(&machine, "broken.json", "{\"version\":\"2.0\",\n\"models\": NaN}");
    let run = machine.run(&["prices", "check", &broken]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("broken.json: line 2"), "{}", run.stderr());
}

#[test]
fn newer_prices_hold_from_today_and_change_nothing_before() {
    let machine = machine();
    let before = cost(&machine);
    let newer = file(&machine, "list.json", &list("6e-06", "3e-05"));
    let dry = machine.run(&["prices", "update", "--from", &newer, "--dry-run"]).ok();
    assert!(
        dry.stdout().contains("~ claude-sonnet-4-5: 3 in, 15 out → 6 in, 30 out"),
        "{}",
        dry.stdout()
    );
    assert!(!machine.data().join("prices").exists());
    machine.run(&["prices", "update", "--from", &newer]).ok();
    assert_eq!(cost(&machine), before, "days before today cost the same");
    machine.write_log(LOG, &claude_line("msg_3", "2026-06-01T10:00:00Z", 1000));
    assert_eq!(cost(&machine), "0.0306", "today costs the newer price");
    let told = machine.run(&["prices", "show", "claude-sonnet-4-5"]).ok().stdout();
    assert!(told.contains("before 2026-06-01") && told.contains("from 2026-06-01"), "{told}");
    let kept = tree(&machine.data().join("prices"));
    let again = machine.run(&["prices", "update", "--from", &newer]).ok();
    assert!(again.stderr().contains("as they were"), "{}", again.stderr());
    assert_eq!(tree(&machine.data().join("prices")), kept);
}

#[test]
fn an_absurd_price_is_refused_unless_it_is_forced() {
    let machine = machine();
    let absurd = file(&machine, "list.json", &list("3.1e-05", "1.5e-05"));
    let run = machine.run(&["prices", "update", "--from", &absurd]);
    assert_eq!(run.code(), 3, "{}", run.stderr());
    assert!(
        run.stdout().contains("! claude-sonnet-4-5: 3 in, 15 out → 31 in, 15 out"),
        "{}",
        run.stdout()
    );
    assert!(run.stderr().contains("--force"), "{}", run.stderr());
    let input = |machine: &Machine| {
        let json =
            machine.run(&["prices", "list", "--model", "claude-sonnet-4-5", "--json"]).ok().json();
        json["models"][0]["price"]["input"].clone()
    };
    assert_eq!(input(&machine), "3");
    let nothing = file(&machine, "zero.json", &list("0", "0"));
    assert_eq!(machine.run(&["prices", "update", "--from", &nothing]).code(), 3);
    assert_eq!(input(&machine), "3");
    machine.run(&["prices", "update", "--from", &absurd, "--force"]).ok();
    assert_eq!(input(&machine), "31");
}

#[test]
fn a_list_must_be_the_one_that_was_promised() {
    let machine = machine();
    let newer = file(&machine, "list.json", &list("6e-06", "3e-05"));
    let wrong = "0".repeat(64);
    let run = machine.run(&["prices", "update", "--from", &newer, "--sha256", &wrong]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("SHA-256"), "{}", run.stderr());
    file(&machine, "list.json.sha256", &format!("{wrong}  list.json\n"));
    assert_eq!(machine.run(&["prices", "update", "--from", &newer]).code(), 2);
    for (name, text) in [("none.json", "{}"), ("html.json", "<html>"), ("nan.json", "{\"a\":NaN}")]
    {
        let path = file(&machine, name, text);
        let run = machine.run(&["prices", "update", "--from", &path]);
        assert_eq!(run.code(), 2, "{}", run.stderr());
        assert!(run.stderr().contains(name), "{}", run.stderr());
    }
    let future = r#"{"version":"2.0","date":"2026-06-02","models":{"m":[{"input":"1"}]}}"#;
    let path = file(&machine, "future.json", future);
    assert_eq!(machine.run(&["prices", "update", "--from", &path]).code(), 2);
    assert!(!machine.data().join("prices").exists());
}

/// Answers requests until the sender goes: the list for its path, 404 for others.
fn serve(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            let is_list = request[..read].starts_with(b"GET /list.json HTTP");
            let (status, text) =
                if is_list { ("200 OK", body.as_str()) } else { ("404 Not Found", "") };
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
                text.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    format!("http://{address}/list.json")
}

#[test]
fn nothing_is_fetched_without_being_asked() {
    let machine = machine();
    let address = serve(list("6e-06", "3e-05"));
    let run = machine.run(&["prices", "update", "--from", &address]);
    assert_eq!(run.code(), 2);
    assert!(
        run.stderr().contains("--yes") && run.stderr().contains("config.yaml"),
        "{}",
        run.stderr()
    );
    assert!(!machine.data().join("prices").exists());
    machine.run(&["prices", "update", "--from", &address, "--yes"]).ok();
    assert!(machine.data().join("prices/book.json").is_file());
    machine.config(&format!("prices:\n  update: true\n  from: {address}\n"));
    machine.run(&["prices", "update"]).ok();
    let far = machine.run(&["prices", "update", "--from", "http://example.org/list.json", "--yes"]);
    assert_ne!(far.code(), 0, "only https from elsewhere");
}

#[test]
fn a_damaged_book_is_told_and_the_prices_of_the_program_hold() {
    let machine = machine();
    let before = cost(&machine);
    fs_err::create_dir_all(machine.data().join("prices")).unwrap();
    for damaged in
        ["", "{", r#"{"version":"2.0","date":"2026-01-01","models":{"m":[{"input":"-1"}]}}"#]
    {
        fs_err::write(machine.data().join("prices/book.json"), damaged).unwrap();
        let run = machine.run(&["report", "--json"]).ok();
        assert!(
            run.stderr().contains("book.json") && run.stderr().contains("prices update"),
            "{}",
            run.stderr()
        );
        assert_eq!(run.json()["totals"]["cost"]["listUSD"], before.as_str());
    }
}

#[test]
fn other_prices_are_shown_beside_those_in_force_and_nothing_is_changed() {
    let machine = machine();
    let before = cost(&machine);
    let with = file(
        &machine,
        "other.json",
        r#"{"version":"2.0","date":"2026-05-01","models":{"claude-sonnet-4-5":[{"input":"30","output":"150"}]}}"#,
    );
    let json = machine.run(&["reprice", "--with", &with, "--json"]).ok().json();
    let rows = json["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{json}");
    assert_eq!(rows[0]["month"], "2026-04");
    assert_eq!(rows[0]["oldListUSD"], "0.0153");
    assert_eq!(rows[0]["newListUSD"], "0.153");
    assert_eq!(json["totals"]["oldListUSD"], before.as_str());
    let table = machine.run(&["reprice", "--with", &with]).ok();
    assert!(
        table.stdout().contains("2026-05") && table.stdout().contains("0.15"),
        "{}",
        table.stdout()
    );
    assert_eq!(cost(&machine), before);
    let same = machine.run(&["reprice"]).ok();
    assert_eq!(same.stdout(), "");
    assert!(same.stderr().contains("Nothing would change"), "{}", same.stderr());
    let newer = file(&machine, "list.json", &list("6e-06", "3e-05"));
    let closed = machine.run(&["reprice", "--with", &newer, "--json"]).ok().json();
    assert_eq!(closed["rows"].as_array().unwrap().len(), 0, "newer prices change no closed month");
    machine.run(&["prices", "update", "--from", &newer]).ok();
    let today = machine.run(&["reprice", "--json"]).ok().json();
    assert_eq!(today["rows"][0]["newListUSD"], "0.0306");
    let broken = file(&machine, "broken.json", "{");
    assert_eq!(machine.run(&["reprice", "--with", &broken]).code(), 2);
}
