//! Texts for schedulers: what they look like, and that hostile paths survive them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use collector::Platform;
use collector::schedule::{
    Crontab, Entry, Host, MARKER, Mechanism, ONCE_MARKER, PROXY_MARKER, PROXY_SERVICE, Plan,
    Rhythm, SERVICE, ScheduleError, TIMER, quote, shell_line, units,
};
use proptest::prelude::*;

/// Paths with everything that some scheduler takes for a sign of its own.
const HOSTILE: [&str; 12] = [
    "plain",
    "",
    "two words",
    "it's \"quoted\"",
    r"C:\back\\slash\",
    r"\%\\%\'\",
    "100 % & <b> 50%%",
    "$HOME $$ ${x} `id` $(id)",
    "tab*?[a]~#;|!",
    "naïve/日本語/😀",
    "%h %n %i",
    "- a=b --c",
];

fn host() -> Host {
    Host {
        home: PathBuf::from("/home/me"),
        config_home: PathBuf::from("/home/me/.config"),
        data_home: PathBuf::from("/home/me/.local/share"),
        platform: Platform::Linux,
    }
}

fn plan(rhythm: Rhythm) -> Plan {
    let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
    let path = ("PATH".to_owned(), "/home/me/my bin:/usr/bin".to_owned());
    Plan {
        rhythm,
        program: "/opt/token matters/bin/token-matters".to_owned(),
        arguments: texts(&["collect", "--log-file", "/home/me/50% & more/collect.log"]),
        variables: BTreeMap::from([path]),
        log: None,
    }
}

/// What keeps the proxy running.
fn service() -> Plan {
    Plan {
        arguments: ["proxy", "serve", "--data", "/home/me/50% & more"].map(str::to_owned).into(),
        variables: BTreeMap::from([("AWS_PROFILE".to_owned(), "my work".to_owned())]),
        log: Some("/home/me/50% & more/logs/proxy.log".to_owned()),
        ..plan(Rhythm::Always)
    }
}

fn texts(mechanism: Mechanism, plan: &Plan) -> String {
    let units = units(&host(), mechanism, plan).unwrap();
    units.iter().flat_map(|unit| [&unit.place, "\n", &unit.text]).collect()
}

#[test]
fn a_systemd_service_and_its_timer() {
    insta::assert_snapshot!(texts(Mechanism::Systemd, &plan(Rhythm::Hourly(7))));
}

#[test]
fn a_launchd_agent() {
    insta::assert_snapshot!(texts(Mechanism::Launchd, &plan(Rhythm::Daily(30))));
}

#[test]
fn a_line_of_a_crontab() {
    let hourly = texts(Mechanism::Cron, &plan(Rhythm::Hourly(7)));
    insta::assert_snapshot!(hourly + &texts(Mechanism::Cron, &plan(Rhythm::Daily(5))));
}

#[test]
fn a_task_of_windows() {
    let windows = Plan {
        program: r"C:\Users\A & B\token-matters.exe".to_owned(),
        arguments: ["collect", "--data", r"C:\Users\A & B\tm\"].map(str::to_owned).into(),
        ..plan(Rhythm::Hourly(7))
    };
    insta::assert_snapshot!(texts(Mechanism::Task, &windows));
}

#[test]
fn a_daily_timer_and_task_name_their_hour() {
    let daily = plan(Rhythm::Daily(5));
    assert!(texts(Mechanism::Systemd, &daily).contains("OnCalendar=*-*-* 00:05:00\n"));
    let hourly = texts(Mechanism::Launchd, &plan(Rhythm::Hourly(7)));
    assert!(!hourly.contains("<key>Hour</key>"), "{hourly}");
    let daily = texts(Mechanism::Task, &daily);
    assert!(daily.contains("T00:05:00<") && !daily.contains("<Repetition>"), "{daily}");
}

/// The words that a shell makes of a line.
#[cfg(unix)]
fn words_of_shell(line: &str) -> Vec<String> {
    let script = format!("printf '%s\\0' {line}");
    let output = Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_terminator('\0').map(ToOwned::to_owned).collect()
}

/// What a cron gives to the shell, as crontab(5) says: `\%` becomes `%`, and `%` alone ends the command. Some versions
/// also take one backslash of `\\`.
fn command_of_cron(line: &str, halves_backslashes: bool) -> String {
    let mut command = String::new();
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('\\', Some('%')) => command.extend(letters.next()),
            ('\\', Some('\\')) if halves_backslashes => command.extend(letters.next()),
            ('\\', Some(_)) => {
                command.push('\\');
                command.extend(letters.next());
            }
            ('%', _) => panic!("an unescaped % ends the command: {line}"),
            _ => command.push(letter),
        }
    }
    command
}

#[cfg(unix)]
#[test]
fn hostile_words_survive_a_shell_and_every_cron() {
    let line: Vec<String> = HOSTILE.iter().map(|text| quote::shell(text)).collect();
    assert_eq!(words_of_shell(&line.join(" ")), HOSTILE);
    let line: Vec<String> = HOSTILE.iter().map(|text| quote::cron(text)).collect();
    for halves_backslashes in [false, true] {
        let command = command_of_cron(&line.join(" "), halves_backslashes);
        assert_eq!(words_of_shell(&command), HOSTILE, "{command}");
    }
}

/// Whether a real `crontab` takes a text; `-n` only checks it (Debian's cron since 3.0pl1-139). `None` where there is
/// none that can do so.
#[cfg(unix)]
fn is_taken_by_crontab(text: &str) -> Option<bool> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), text).unwrap();
    let output = Command::new("crontab").arg("-n").arg(file.path()).output().ok()?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let knows = output.status.success() || told.contains("errors in crontab file");
    knows.then_some(output.status.success())
}

#[cfg(unix)]
#[test]
fn a_real_crontab_takes_hostile_lines() {
    let plan = Plan { arguments: HOSTILE.map(str::to_owned).into(), ..plan(Rhythm::Daily(59)) };
    let line = units(&host(), Mechanism::Cron, &plan).unwrap().remove(0).text;
    let Some(is_taken) = is_taken_by_crontab(&line) else {
        eprintln!("skipped: there is no crontab here that can check a text");
        return;
    };
    assert!(is_taken, "{line}");
    assert_eq!(is_taken_by_crontab(&line.replacen("59", "61", 1)), Some(false));
}

#[cfg(unix)]
#[test]
fn the_whole_line_of_a_crontab_runs_the_program_with_its_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("it's 50% \"off\" $HOME.sh");
    let script = "#!/bin/sh\nprintf '%s\\n' \"$NAME\" \"$@\" > \"$0.out\"\n";
    fs_err::write(&program, script).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs_err::set_permissions(&program, mode).unwrap();
    let plan = Plan {
        rhythm: Rhythm::Hourly(0),
        program: program.to_str().unwrap().to_owned(),
        arguments: HOSTILE.map(str::to_owned).into(),
        variables: BTreeMap::from([("NAME".to_owned(), "a 'b' 100%".to_owned())]),
        log: None,
    };
    let line = units(&host(), Mechanism::Cron, &plan).unwrap().remove(0).text;
    let command = command_of_cron(line.trim_end().strip_prefix("0 * * * * ").unwrap(), false);
    for command in [command, shell_line(&plan)] {
        assert!(Command::new("/bin/sh").args(["-c", &command]).status().unwrap().success());
        let out = folder.path().join("it's 50% \"off\" $HOME.sh.out");
        let told = fs_err::read_to_string(&out).unwrap();
        let expected = [&["a 'b' 100%"], HOSTILE.as_slice()].concat();
        assert_eq!(told, expected.join("\n") + "\n");
        fs_err::remove_file(out).unwrap();
    }
}

#[test]
fn an_agent_reads_back_as_a_property_list() {
    let plan = Plan {
        arguments: HOSTILE.map(str::to_owned).into(),
        variables: BTreeMap::from([("A".to_owned(), HOSTILE[6].to_owned())]),
        ..plan(Rhythm::Daily(30))
    };
    let text = units(&host(), Mechanism::Launchd, &plan).unwrap().remove(0).text;
    let value = plist::Value::from_reader_xml(text.as_bytes()).unwrap();
    let agent = value.as_dictionary().unwrap();
    let arguments = agent["ProgramArguments"].as_array().unwrap();
    let arguments: Vec<&str> = arguments.iter().filter_map(plist::Value::as_string).collect();
    assert_eq!(arguments[0], plan.program);
    assert_eq!(arguments[1..], HOSTILE);
    let variables = agent["EnvironmentVariables"].as_dictionary().unwrap();
    assert_eq!(variables["A"].as_string(), Some(HOSTILE[6]));
    let times = agent["StartCalendarInterval"].as_dictionary().unwrap();
    assert_eq!(times["Hour"].as_signed_integer(), Some(0));
    assert_eq!(times["Minute"].as_signed_integer(), Some(30));
    assert_eq!(agent["Label"].as_string(), Some("com.token-matters.collector"));
}

/// How the C run time of Windows takes a command line apart (learn.microsoft.com, "Parsing C command-line arguments",
/// read 2026-11-21).
fn words_of_windows(line: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted, mut is_word) =
        (Vec::new(), String::new(), false, false);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let mut count = 1;
                while letters.next_if_eq(&'\\').is_some() {
                    count += 1;
                }
                let before_quote = letters.peek() == Some(&'"');
                let kept = if before_quote { count / 2 } else { count };
                word.extend(std::iter::repeat_n('\\', kept));
                if before_quote && count % 2 == 1 {
                    word.extend(letters.next());
                }
                is_word = true;
            }
            '"' => (is_quoted, is_word) = (!is_quoted, true),
            ' ' | '\t' if !is_quoted => {
                if std::mem::take(&mut is_word) {
                    words.push(std::mem::take(&mut word));
                }
            }
            _ => {
                word.push(letter);
                is_word = true;
            }
        }
    }
    if is_word {
        words.push(word);
    }
    words
}

#[test]
fn a_task_reads_back_as_xml() {
    // `%name%` and `$(` mean something to Task Scheduler, and there is no way to write them literally.
    let taken: Vec<&str> = HOSTILE
        .into_iter()
        .filter(|text| text.matches('%').count() < 2 && !text.contains("$("))
        .collect();
    assert!(taken.len() >= 7);
    let plan = Plan {
        program: "C:\\A & <B>\\tm.exe".to_owned(),
        arguments: taken.iter().map(ToString::to_string).collect(),
        ..plan(Rhythm::Hourly(7))
    };
    let text = units(&host(), Mechanism::Task, &plan).unwrap().remove(0).text;
    let document = roxmltree::Document::parse(&text).unwrap();
    let content = |name: &str| {
        let node = document.descendants().find(|node| node.tag_name().name() == name).unwrap();
        node.text().unwrap().to_owned()
    };
    assert_eq!(content("Command"), plan.program);
    assert_eq!(words_of_windows(&content("Arguments")), taken);
    assert_eq!(content("StartBoundary"), "2026-01-01T00:07:00");
    assert_eq!(content("Interval"), "PT1H");
}

#[test]
fn every_scheduler_is_told_to_keep_the_proxy_running() {
    let told = [Mechanism::Systemd, Mechanism::Launchd, Mechanism::Cron, Mechanism::Task]
        .map(|mechanism| texts(mechanism, &service()));
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn the_proxys_agent_reads_back_as_a_property_list() {
    let plan = Plan { arguments: HOSTILE.map(str::to_owned).into(), ..service() };
    let text = units(&host(), Mechanism::Launchd, &plan).unwrap().remove(0).text;
    let list = plist::Value::from_reader(std::io::Cursor::new(text)).unwrap();
    let list = list.as_dictionary().unwrap();
    let words = list["ProgramArguments"].as_array().unwrap();
    let words: Vec<&str> = words.iter().map(|word| word.as_string().unwrap()).collect();
    assert_eq!(words[1..], HOSTILE);
    assert_eq!(list["KeepAlive"].as_boolean(), Some(true));
    assert_eq!(list["RunAtLoad"].as_boolean(), Some(true));
    assert_eq!(list["StandardErrorPath"].as_string(), plan.log.as_deref());
    assert!(!list.contains_key("StartCalendarInterval"));
}

#[test]
fn the_proxys_task_reads_back_as_xml() {
    let text = units(&host(), Mechanism::Task, &service()).unwrap().remove(0).text;
    let document = roxmltree::Document::parse(&text).unwrap();
    let content = |name: &str| {
        let node = document.descendants().find(|node| node.tag_name().name() == name).unwrap();
        node.text().unwrap().to_owned()
    };
    assert_eq!(words_of_windows(&content("Arguments")), service().arguments);
    assert_eq!(content("MultipleInstancesPolicy"), "IgnoreNew");
    assert_eq!(content("ExecutionTimeLimit"), "PT0S");
    assert_eq!(content("RunLevel"), "LeastPrivilege");
}

#[test]
fn the_two_jobs_have_no_name_in_common() {
    let collect = plan(Rhythm::Hourly(7));
    for mechanism in [Mechanism::Systemd, Mechanism::Launchd, Mechanism::Task] {
        let places = |plan: &Plan| -> Vec<String> {
            units(&host(), mechanism, plan).unwrap().into_iter().map(|unit| unit.place).collect()
        };
        let proxy = places(&service());
        assert!(places(&collect).iter().all(|place| !proxy.contains(place)), "{proxy:?}");
    }
    let table =
        Crontab::default().with(&units(&host(), Mechanism::Cron, &collect).unwrap()[0].text);
    let both = table.with(&units(&host(), Mechanism::Cron, &service()).unwrap()[0].text);
    assert_eq!(both.without(&[PROXY_MARKER]), table);
    assert!(both.without(&[MARKER, ONCE_MARKER]).entry(PROXY_MARKER).is_some());
}

/// Runs `systemd-analyze verify` over units in a folder. `None` where it is not there.
#[cfg(unix)]
fn verified(plan: &Plan) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let units = units(&host(), Mechanism::Systemd, plan).unwrap();
    let names =
        if plan.rhythm == Rhythm::Always { vec![PROXY_SERVICE] } else { vec![SERVICE, TIMER] };
    for (unit, name) in units.iter().zip(&names) {
        assert!(unit.place.ends_with(name));
        fs_err::write(folder.path().join(name), &unit.text).unwrap();
    }
    let output = Command::new("systemd-analyze")
        .args(["--user", "--man=no", "verify"])
        .args(names.iter().map(|name| folder.path().join(name)))
        .env("XDG_RUNTIME_DIR", folder.path())
        .output()
        .ok()?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    // Without a manager's own targets it may say so; what is about these units is what counts.
    let ours: Vec<&str> = told.lines().filter(|line| line.contains("token-matters")).collect();
    Some(ours.join("\n"))
}

#[cfg(unix)]
#[test]
fn systemd_finds_nothing_wrong_with_hostile_units() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["plain", "two words", "it's \"quoted\"", r"back\slash", "50% $HOME", "日本語"] {
        let program = folder.path().join(name);
        fs_err::copy("/bin/sh", &program).unwrap();
        for rhythm in [Rhythm::Hourly(7), Rhythm::Always] {
            let plan = Plan {
                program: program.to_str().unwrap().to_owned(),
                arguments: HOSTILE.map(str::to_owned).into(),
                ..plan(rhythm)
            };
            let Some(told) = verified(&plan) else {
                eprintln!("skipped: there is no systemd-analyze here");
                return;
            };
            assert_eq!(told, "", "{name}");
        }
    }
    // That it would find something.
    let plan = Plan { program: "/no/such/program".to_owned(), ..plan(Rhythm::Hourly(7)) };
    assert!(verified(&plan).unwrap().contains("/no/such/program"));
}

#[test]
fn line_ends_are_refused_by_name() {
    for mechanism in [Mechanism::Systemd, Mechanism::Launchd, Mechanism::Cron, Mechanism::Task] {
        let plan = Plan { program: "/a\nb".to_owned(), ..plan(Rhythm::Hourly(7)) };
        let error = units(&host(), mechanism, &plan).unwrap_err();
        assert!(matches!(error, ScheduleError::Unusable { .. }), "{error}");
        assert!(error.to_string().contains(r"/a\nb"), "{error}");
    }
    let plan = Plan { program: r"C:\%TEMP%\tm.exe".to_owned(), ..plan(Rhythm::Hourly(7)) };
    assert!(units(&host(), Mechanism::Task, &plan).is_err());
}

#[test]
fn a_line_that_cron_would_cut_is_refused() {
    let mut long = plan(Rhythm::Hourly(7));
    long.variables.insert("PATH".to_owned(), "/a:".repeat(400));
    let error = units(&host(), Mechanism::Cron, &long).unwrap_err();
    assert!(matches!(error, ScheduleError::TooLong { .. }), "{error}");
    assert!(units(&host(), Mechanism::Systemd, &long).is_ok());
}

#[test]
fn entries_of_the_predecessor_are_known() {
    let is_old = |text: &str| {
        let entry = Entry { place: String::new(), text: text.to_owned(), is_active: true };
        entry.is_of_predecessor()
    };
    assert!(is_old(
        "30 * * * * cd /tm/collector && /n/npx tsx /tm/collector/src/main.ts >> /tmp/x.log 2>&1"
    ));
    assert!(is_old("<string>/n/npx</string><string>tsx</string>"));
    let plan = plan(Rhythm::Hourly(7));
    for mechanism in [Mechanism::Systemd, Mechanism::Launchd, Mechanism::Cron, Mechanism::Task] {
        assert!(!is_old(&texts(mechanism, &plan)));
    }
}

#[test]
fn other_lines_of_a_crontab_stay_byte_for_byte() {
    let ours = format!("7 * * * * x {MARKER}");
    let others =
        b"# a\n\n 5 4 * * * caf\xe9 \r\n@daily x # token-matters-collector-too\nlast".to_vec();
    let crontab = Crontab::new(others.clone());
    let with = crontab.with(&format!("{ours}\n"));
    let expected = [others.as_slice(), b"\n", ours.as_bytes(), b"\n"].concat();
    assert_eq!(with.content(), expected);
    assert_eq!(with.entry(MARKER), Some(ours.clone()));
    assert_eq!(with.without(&[MARKER, ONCE_MARKER]).content(), [others.as_slice(), b"\n"].concat());
    assert_eq!(crontab.without(&[MARKER, ONCE_MARKER]), crontab);
    assert_eq!(crontab.entry(MARKER), None);
    let once = with.with(&format!("* * * * * x {ONCE_MARKER}\n"));
    assert_eq!(once.without(&[ONCE_MARKER]), with);
    assert_eq!(once.entry(MARKER), Some(ours));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[cfg(unix)]
    #[test]
    fn any_words_survive_a_shell_and_every_cron(
        words in prop::collection::vec(r#"[a-c\\%'"$` &;#=~é]{0,12}"#, 1..6),
        halves_backslashes: bool,
    ) {
        let line: Vec<String> = words.iter().map(|word| quote::cron(word)).collect();
        let command = command_of_cron(&line.join(" "), halves_backslashes);
        prop_assert_eq!(&words_of_shell(&command), &words);
        let line: Vec<String> = words.iter().map(|word| quote::shell(word)).collect();
        prop_assert_eq!(&words_of_shell(&line.join(" ")), &words);
    }

    #[test]
    fn any_words_survive_a_windows_command_line(
        words in prop::collection::vec(r#"[a-c\\"\t é]{0,12}"#, 1..6),
    ) {
        let line: Vec<String> = words.iter().map(|word| quote::windows(word)).collect();
        prop_assert_eq!(words_of_windows(&line.join(" ")), words);
    }

    #[test]
    fn a_crontab_is_the_same_after_an_entry_came_and_went(
        content in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let before = Crontab::new([content, b"\n".to_vec()].concat()).without(&[MARKER, ONCE_MARKER]);
        let after = before.with(&format!("7 * * * * x {MARKER}\n"));
        prop_assert_eq!(after.without(&[MARKER, ONCE_MARKER]), before);
    }
}
