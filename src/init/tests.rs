//! Questions and plans on invented facts, and the whole way with a person who stops.

use data_schema::settings::{SharedSettings, SiteSettings};

use super::answers::{Answers, Place, Target};
use super::ask::tests::Scripted;
use super::ask::{Defaults, Stopped};
use super::detect::{Deletes, Detected, Tool};
use super::github::Login;
use super::survey::{Survey, World};
use super::*;
use crate::cli::{Ci, Every};
use crate::config_file::Settings;

/// A world without any network.
#[derive(Default)]
struct Invented {
    survey: Survey,
    login: Option<Login>,
}

impl World for Invented {
    fn survey(&mut self, place: Option<&str>) -> Result<Survey, String> {
        match place {
            None => Ok(Survey { is_public: Some(false), ..Survey::default() }),
            Some(gone) if gone.contains("gone") => {
                Err("git ls-remote: there is no such repository".to_owned())
            }
            Some(address) => {
                Ok(Survey { address: Some(address.to_owned()), ..self.survey.clone() })
            }
        }
    }

    fn github(&mut self) -> Result<Login, String> {
        self.login
            .clone()
            .ok_or_else(|| "the program gh is not there (https://cli.github.com)".to_owned())
    }
}

fn private() -> Survey {
    Survey { is_public: Some(false), ..Survey::default() }
}

fn me() -> Login {
    Login { user: "me".to_owned(), is_ssh: false }
}

fn detected() -> Detected {
    let tool = |title: &str, files: usize| Tool {
        title: title.to_owned(),
        files,
        bytes: 3 << 20,
        responses: 1_234,
        looked: vec![format!("/home/me/.{}", title.to_lowercase()).into()],
        deletes: None,
    };
    let deletes = Deletes { after_days: 30, first_in_days: 2, soon: (7, 1 << 20) };
    Detected {
        tools: vec![Tool { deletes: Some(deletes), ..tool("Claude", 12) }, tool("Codex", 0)],
        projects: vec![("github.com/me/work".to_owned(), 90_000), ("$HOME/private".to_owned(), 5)],
        present: Vec::new(),
        settings: None,
        config_path: "/home/me/.token-matters/config.yaml".into(),
        machine: "laptop".to_owned(),
        machine_id: None,
        zone: chrono_tz::Europe::Berlin,
        zone_is_asked: false,
        claude_settings: Some("/home/me/.claude/settings.json".into()),
        git: Some("2.47.3".to_owned()),
        proxy: "http://127.0.0.1:8999".to_owned(),
        has_proxy: false,
        clients: Vec::new(),
    }
}

/// A machine that is set up already, and the store that it writes into.
fn known() -> (Detected, Survey) {
    let address = "https://github.com/me/token-data.git".to_owned();
    let settings = Settings { data_repo: Some(address.clone()), ..Settings::default() };
    let detected =
        Detected { settings: Some(settings), machine_id: Some("id".to_owned()), ..detected() };
    let site = SiteSettings {
        repository: Some("https://github.com/me/tokens".to_owned()),
        ..SiteSettings::default()
    };
    let site = SiteSettings { address: Some("https://me.github.io/tokens/".to_owned()), ..site };
    let shared = SharedSettings {
        timezone: Some("Europe/Berlin".to_owned()),
        site,
        ..SharedSettings::default()
    };
    let machines = vec![("laptop".to_owned(), "id".to_owned())];
    let workflows = vec![".github/workflows/summarize.yml".to_owned()];
    (
        detected,
        Survey { address: Some(address), is_public: Some(false), shared, machines, workflows },
    )
}

/// What is asked and planned for such answers.
fn talk(
    script: &mut Scripted,
    world: &mut Invented,
    detected: &Detected,
) -> Result<(Answers, String), Stopped> {
    let flags = Init::default();
    let result = Questions { flags: &flags, detected, ask: script, world }.all();
    let (answers, survey) = result?;
    let facts = Facts { flags: &flags, detected, survey: &survey, login: world.login.as_ref() };
    let plan = Plan::of(facts, &answers);
    Ok((answers, plan.text()))
}

#[test]
fn what_was_found_is_told_with_what_will_be_deleted() {
    insta::assert_snapshot!(format!(
        "{}\n\n{}",
        words::found(&detected(), false),
        words::found(&known().0, true)
    ));
}

#[test]
fn on_one_machine_there_are_few_questions() {
    let mut script = Scripted::new(&["", "", "", "2", "", "3", ""]);
    let (answers, plan) = talk(&mut script, &mut Invented::default(), &detected()).unwrap();
    assert_eq!(script.left(), 0);
    assert_eq!((answers.place, answers.exclude), (Place::Here, vec!["~/private".to_owned()]));
    assert_eq!(answers.schedule, Some(Every::None));
    insta::assert_snapshot!(format!("{}\n{plan}", script.transcript));
}

#[test]
fn the_proxy_is_offered_where_a_tool_can_be_pointed_at_it_and_not_taken_by_itself() {
    let client = crate::commands::proxy::env::clients::named("claude").unwrap();
    let clients = vec![(client, "/home/me/.claude/settings.json".into())];
    let detected = Detected { clients, ..detected() };
    for (answer, expected) in [("", false), ("yes", true)] {
        let mut script = Scripted::new(&["", "", "", "", "", "3", answer, ""]);
        let (answers, plan) = talk(&mut script, &mut Invented::default(), &detected).unwrap();
        assert_eq!((script.left(), answers.proxy), (0, expected));
        assert!(script.transcript.contains("Meter requests with the proxy? [no]"));
        assert_eq!(plan.contains("keep the proxy running, at http://127.0.0.1:8999"), expected);
        let line = "point Claude Code at the proxy, in /home/me/.claude/settings.json";
        assert_eq!(plan.contains(line), expected, "{plan}");
    }
    // Where it is set up already, it is not asked again.
    let detected = Detected { has_proxy: true, ..detected };
    let mut script = Scripted::new(&["", "", "", "", "", "3", ""]);
    assert!(!talk(&mut script, &mut Invented::default(), &detected).unwrap().0.proxy);
}

#[test]
fn two_new_repositories_with_gh() {
    let answers =
        ["3", "", "work", "", "", "3", "", "yes", "2", "3", "1", "yes", "no", "no", "1", "365"];
    let mut script = Scripted::new(&answers);
    let mut world = Invented { survey: private(), login: Some(me()) };
    let (answers, plan) = talk(&mut script, &mut world, &detected()).unwrap();
    assert_eq!(script.left(), 0, "{}", script.transcript);
    assert_eq!(answers.site.target, Target::Repository("https://github.com/me/tokens".to_owned()));
    assert_eq!(answers.site.ci, Ci::Github);
    assert_eq!(answers.claude_days, Some(365));
    insta::assert_snapshot!(format!("{}\n{plan}", script.transcript));
}

#[test]
fn without_gh_a_new_repository_is_made_by_hand() {
    let mut script = Scripted::new(&[
        "3",
        "https://github.com/me/gone",
        "2",
        "https://github.com/me/token-data",
    ]);
    let mut world = Invented { survey: private(), login: None };
    assert_eq!(talk(&mut script, &mut world, &detected()).unwrap_err(), Stopped::Ended);
    for said in
        ["https://github.com/new?name=token-data&visibility=private", "there is no such repository"]
    {
        assert!(script.transcript.contains(said), "{}", script.transcript);
    }
}

#[test]
fn a_public_place_is_refused_unless_a_flag_allows_it() {
    let mut world =
        Invented { survey: Survey { is_public: Some(true), ..Survey::default() }, login: None };
    let mut flags = Init::default();
    flags.place.remote = Some("https://github.com/me/open".to_owned());
    let detected = detected();
    let ask = |flags: &Init, world: &mut Invented| {
        Questions { flags, detected: &detected, ask: &mut Defaults, world }
            .all()
            .map(|(answers, _)| answers.place)
    };
    let Err(Stopped::Wrong(refused)) = ask(&flags, &mut world) else { panic!("must be refused") };
    assert!(refused.contains("--allow-public-data"), "{refused}");
    flags.place.allow_public_data = true;
    assert_eq!(ask(&flags, &mut world), Ok(Place::Named("https://github.com/me/open".to_owned())));
}

#[test]
fn a_name_that_another_machine_has_is_not_taken() {
    let machines = vec![("laptop".to_owned(), "other".to_owned())];
    let mut world = Invented { survey: Survey { machines, ..private() }, login: None };
    let mut script = Scripted::new(&["2", "https://github.com/me/d", "laptop", ""]);
    assert_eq!(talk(&mut script, &mut world, &detected()).unwrap_err(), Stopped::Ended);
    assert!(
        script.transcript.contains("Name of this machine [laptop-2]: laptop\nAnother machine"),
        "{}",
        script.transcript
    );
    let mut flags = Init { machine: Some("laptop".to_owned()), ..Init::default() };
    flags.place.remote = Some("https://github.com/me/d".to_owned());
    let mut questions =
        Questions { flags: &flags, detected: &detected(), ask: &mut Defaults, world: &mut world };
    assert!(
        matches!(questions.all(), Err(Stopped::Wrong(message)) if message.contains("--machine"))
    );
}

#[test]
fn whoever_is_set_up_changes_only_what_is_asked() {
    let (detected, survey) = known();
    let mut world = Invented { survey, login: Some(me()) };
    let mut plan = |flags: &Init| {
        let (answers, survey) =
            Questions { flags, detected: &detected, ask: &mut Defaults, world: &mut world }
                .all()
                .unwrap();
        let facts = Facts { flags, detected: &detected, survey: &survey, login: None };
        Plan::of(facts, &answers).text()
    };
    assert_eq!(plan(&Init::default()), "Everything is set up: there is nothing to change.");
    let mut flags = Init { schedule: Some(Every::Daily), ..Init::default() };
    flags.site.cost_shown = Some(crate::cli::Shown::Show);
    insta::assert_snapshot!(plan(&flags));
}

#[test]
fn the_page_of_the_data_repository_names_the_limit_of_github_free() {
    let mut script = Scripted::new(&["2", "https://github.com/me/d", "", "", "", "3", "", "", ""]);
    let mut world = Invented { survey: private(), login: None };
    let (answers, plan) = talk(&mut script, &mut world, &detected()).unwrap();
    assert_eq!(answers.site.target, Target::Artifact);
    assert!(script.transcript.contains("GitHub Free has no Pages"), "{}", script.transcript);
    insta::assert_snapshot!(plan);
}

#[test]
fn whoever_stops_before_the_plan_is_done_has_nothing_written() {
    let folder = tempfile::tempdir().unwrap();
    let (home, data) = (folder.path().join("home"), folder.path().join("data"));
    fs_err::create_dir_all(&home).unwrap();
    let global = Global {
        timezone: None,
        home: Some(home),
        data: Some(data.clone()),
        quiet: true,
        verbose: false,
    };
    let mut flags = Init::default();
    flags.site.publish_to = Some("none".to_owned());
    let whole = ["1", "box", "UTC", "3", "no"];
    for length in 0..=whole.len() {
        let mut script = Scripted::new(&whole[..length]);
        let result = with(&global, &flags, &mut script);
        assert_eq!(result.is_ok(), length == whole.len(), "{length}: {}", script.transcript);
        assert!(!data.exists(), "after {length} answers");
        assert!(script.left() == 0);
    }
}
