//! The page: shown here first, then published, then looked at from outside.

use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use store::{Changes, Store, Who};

use crate::cli::Publish;
use crate::commands::publish;
use crate::http;
use crate::init::answers::Target;
use crate::init::apply::{Work, failed};
use crate::init::ask::yes;
use crate::init::github::{self, PagesFrom};
use crate::init::hosts::{Forge, Hosted, new_repository_page};
use crate::init::plan::PageSteps;
use crate::init::workflow::{self, SECRET};
use crate::outcome::{Failure, Outcome};

/// Folder of the page that is shown before it is published.
const PREVIEW: &str = "page-preview";
/// How often a new page is looked for, and the pause in between: a host takes a minute to show it.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_secs(6);
/// How long an answer may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// Sets everything up, and returns what to say at the end.
pub(crate) fn set_up(work: &mut Work<'_>, page: &PageSteps) -> Result<String, Failure> {
    if !show(work, page)? {
        return Ok("nothing is published: `token-matters publish` does it later".to_owned());
    }
    prepare(work, page)?;
    if matches!(page.target, Target::Repository(_)) {
        let outcome = publish::run(work.global, &Publish::default())?;
        work.is_partial |= outcome != Outcome::Done;
    }
    switch_pages_on(work, page)?;
    put_workflow(work, page)?;
    Ok(match &page.address {
        Some(address) => look(address, TRIES, PAUSE),
        None => "the page is published; its address is not known: say it with --page-address URL"
            .to_owned(),
    })
}

/// Builds the page as others will see it, and asks whether they shall.
fn show(work: &mut Work<'_>, page: &PageSteps) -> Result<bool, Failure> {
    let (session, _) = work.open()?;
    let folder = session.data.join(PREVIEW);
    publish::run(work.global, &Publish { out: Some(folder.clone()), ..Publish::default() })?;
    let index = folder.join("index.html");
    if !index.is_file() {
        return Err(failed(
            "there is no usage yet, so there is no page: run this again when there is some"
                .to_owned(),
        ));
    }
    let place = page.address.as_deref().unwrap_or("the place that you named");
    work.say(&format!(
        "This is the page: {}\nAnybody will be able to read it at {place}.",
        index.display()
    ));
    if !work.ask.is_person() {
        return Ok(true);
    }
    Ok(yes(work.ask, "Look at it. Shall it be published?", true)?)
}

/// The repository of the page, and the right of the workflow to write there.
fn prepare(work: &mut Work<'_>, page: &PageSteps) -> Result<(), Failure> {
    let Some(hosted) = &page.page else { return Ok(()) };
    if !page.with_gh {
        let text = by_hand(page, hosted);
        return wait_for(work, &text);
    }
    let slug = hosted.slug();
    let is_new = github::create(&slug, false).map_err(failed)?;
    work.say(&format!("✓ {slug} is {}", if is_new { "made, public" } else { "there already" }));
    let Some(data) = page.data.as_ref().filter(|_| page.needs_key()) else { return Ok(()) };
    let data = data.slug();
    if github::has_secret(&data, SECRET).map_err(failed)? {
        work.say(&format!("✓ {data} has the secret {SECRET} already"));
        return Ok(());
    }
    github::deploy_key(&slug, &data, SECRET).map_err(failed)?;
    work.say(&format!("✓ a deploy key lets the workflow of {data} write to {slug}"));
    Ok(())
}

/// What a person does on a host's pages.
fn by_hand(page: &PageSteps, hosted: &Hosted) -> String {
    let mut text = format!(
        "Please do this in your browser and in a terminal:\n  - if {} is not there yet: ",
        hosted.https()
    );
    match hosted.forge {
        Some(Forge::GitHub) => text.push_str(&new_repository_page(&hosted.name, false)),
        _ => {
            let _ = write!(text, "make it, public and empty, at https://{}/", hosted.host);
        }
    }
    if page.needs_key()
        && let Some(data) = &page.data
    {
        let _ = write!(
            text,
            "\n  - make a key: ssh-keygen -t ed25519 -N '' -C token-matters -f token-matters-key\
             \n  - add token-matters-key.pub as a deploy key with write access: {}\
             \n  - add the content of token-matters-key as a secret named {SECRET}: {}\
             \n  - take both files away: rm token-matters-key token-matters-key.pub",
            hosted.deploy_key_page(),
            data.secret_page(),
        );
    }
    text
}

/// Tells what to do, and waits for a person to do it.
fn wait_for(work: &mut Work<'_>, text: &str) -> Result<(), Failure> {
    work.say(text);
    if work.ask.is_person() {
        work.ask.line("Press Enter when it is done", "")?;
    }
    Ok(())
}

/// A branch must be there before Pages can show it.
fn switch_pages_on(work: &mut Work<'_>, page: &PageSteps) -> Result<(), Failure> {
    let (hosted, from) = match (&page.target, &page.page, &page.data) {
        (Target::Repository(_), Some(hosted), _) => (hosted, PagesFrom::Branch(&page.branch)),
        (Target::Artifact, _, Some(hosted)) => (hosted, PagesFrom::Workflow),
        _ => return Ok(()),
    };
    if page.with_gh {
        let is_new = github::enable_pages(&hosted.slug(), from).map_err(failed)?;
        let state = if is_new { "switched on" } else { "on already" };
        work.say(&format!("✓ Pages of {} are {state}", hosted.slug()));
        return Ok(());
    }
    let source = match from {
        PagesFrom::Branch(branch) => format!("the branch {branch}, folder /"),
        PagesFrom::Workflow => "the workflow (\"GitHub Actions\")".to_owned(),
    };
    match hosted.forge {
        // Both show such a branch, or what the pipeline hands over, without being told.
        Some(Forge::GitLab | Forge::Forgejo) => Ok(()),
        _ => wait_for(
            work,
            &format!("Please switch Pages on, from {source}: {}", hosted.pages_page()),
        ),
    }
}

/// Puts the workflow into the data repository.
fn put_workflow(work: &mut Work<'_>, page: &PageSteps) -> Result<(), Failure> {
    let (_, store) = work.open()?;
    let Some(address) = store.remote().map(|remote| remote.address.clone()) else { return Ok(()) };
    let files = workflow::files(page, &address)?;
    let Some((path, _)) = files.first() else { return Ok(()) };
    put_or_leave(work, &files)?;
    work.say(&format!("✓ {path} is in the data repository"));
    let Some(data) = &page.data else { return Ok(()) };
    if let Some(link) = data.schedule_page() {
        wait_for(
            work,
            &format!("Please give it a schedule, for example `17 1,7,13,19 * * *`: {link}"),
        )?;
    }
    if page.with_gh && page.target == Target::Artifact {
        let file = path.rsplit('/').next().unwrap_or(path);
        github::start_workflow(&data.slug(), file).map_err(failed)?;
    }
    Ok(())
}

/// Pushed from a copy that vanishes: what the host refuses here must not keep back the data that this machine pushes
/// later.
fn put_or_leave(work: &Work<'_>, files: &[(&'static str, String)]) -> Result<(), Failure> {
    let (session, store) = work.open()?;
    let snapshot = store.snapshot()?;
    let mut other = Vec::new();
    for (path, text) in files {
        if snapshot.file(path)?.as_deref() != Some(text.as_bytes()) {
            other.push((*path, text.as_bytes()));
        }
    }
    let Some(remote) = store.remote().filter(|_| !other.is_empty()) else { return Ok(()) };
    let scratch = tempfile::tempdir()?;
    let copy = Store::open_remote(&scratch.path().join("copy.git"), remote.clone())?;
    if work.flags.place.allow_public_data {
        copy.allow_public()?;
    }
    let (who, now) = (Who { machine: "init", id: "init" }, session.environment.now);
    copy.fetch(&who, now)?;
    copy.edit(now, "Publish with a workflow", |_| {
        let mut changes = Changes::default();
        for (path, bytes) in &other {
            changes.write(*path, bytes.to_vec());
        }
        Ok(changes)
    })?;
    copy.push(&who, now).map_err(|error| {
        failed(format!(
            "the workflow could not be pushed: {error}\nThis keeps no data back. If GitHub misses the scope `workflow`, \
             run `gh auth refresh -h github.com -s workflow`"
        ))
    })?;
    Ok(())
}

/// Fetches the page. One that is not there yet is no error.
fn look(address: &str, tries: u32, pause: Duration) -> String {
    let mut reason = String::new();
    for number in 0..tries {
        if number > 0 {
            thread::sleep(pause);
        }
        match http::get(address, DEADLINE) {
            Ok(_) => return format!("the page answers: {address}"),
            Err(error) => reason = error,
        }
    }
    format!(
        "the page will be at {address}; now it {reason}. A host takes some minutes for a new one: if it does not come, \
         look whether Pages are switched on, and run `token-matters doctor`"
    )
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// Answers each connection with the next of some responses.
    fn serve(answers: &'static [&'static str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let _ = write!(
                    stream,
                    "HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
            }
        });
        address
    }

    #[test]
    fn a_page_that_is_not_there_yet_is_waited_for_and_no_error() {
        let address = serve(&["404 Not Found", "200 OK"]);
        assert_eq!(look(&address, 3, Duration::ZERO), format!("the page answers: {address}"));
        let address = serve(&["404 Not Found"]);
        let said = look(&address, 1, Duration::ZERO);
        assert!(said.contains("answers 404") && said.contains("doctor"), "{said}");
    }

    #[test]
    fn every_step_by_hand_has_its_link() {
        let page = PageSteps {
            target: Target::Repository("https://github.com/me/tokens".to_owned()),
            data: Hosted::of("git@github.com:me/token-data.git"),
            page: Hosted::of("https://github.com/me/tokens"),
            with_gh: false,
            branch: "gh-pages".to_owned(),
            workflow: Some((crate::cli::Ci::Github, false)),
            address: None,
        };
        insta::assert_snapshot!(by_hand(&page, page.page.as_ref().unwrap()));
    }
}
