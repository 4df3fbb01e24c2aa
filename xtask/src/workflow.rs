//! `cargo xtask workflow`: runs the steps of the workflow that `publish --write-workflow` writes, in their order, in
//! clean folders, against repositories on this machine, and looks at what is published. So the workflow is tested
//! without its host.
//!
//! The data repository is filled by real collections. The program is downloaded by the workflow's own script, from a
//! release that `cargo xtask package` has made of the debug build.

mod expression;
mod runner;
mod world;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::MetadataCommand;

use runner::{Ran, Runner};
use world::{World, page_files};

/// Runs the workflow in both of its modes. `--program PATH` names the program, else it is built.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<()> {
    let program = match arguments {
        [] => program(root)?,
        [flag, path] if flag == "--program" => std::path::absolute(path)?,
        _ => bail!("usage: cargo xtask workflow [--program PATH]"),
    };
    check(root, &program)
}

/// The same with a program that is there.
pub(crate) fn check(root: &Path, program: &Path) -> Result<()> {
    let world = World::new(root, program)?;
    to_a_repository(&world)?;
    as_an_artifact(&world)?;
    say(
        "workflow: every step has run against local repositories, and what is published is what it should be",
    );
    Ok(())
}

/// The program, built.
pub(crate) fn program(root: &Path) -> Result<PathBuf> {
    let arguments = ["build", "--quiet", "--package", "token-matters", "--bin", "token-matters"];
    let status = Command::new("cargo").args(arguments).current_dir(root).status()?;
    ensure!(status.success(), "the program cannot be built");
    built(root)
}

/// Where the program is once it has been built: not everybody builds in `target`.
pub(crate) fn built(root: &Path) -> Result<PathBuf> {
    let metadata = MetadataCommand::new().current_dir(root).no_deps().exec()?;
    let folder = metadata.target_directory.into_std_path_buf().join("debug");
    Ok(folder.join(format!("token-matters{}", std::env::consts::EXE_SUFFIX)))
}

/// Writes the files of a workflow.
pub(crate) fn render(program: &Path, host: &str, out: &Path, more: &[&str]) -> Result<()> {
    fs_err::create_dir_all(out)?;
    let mut command = Command::new(program);
    command
        .args(["publish", "--write-workflow", host, "--minute", "17", "--out"])
        .arg(out)
        .args(more);
    let output = command.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// One commit in a branch of a second repository.
fn to_a_repository(world: &World) -> Result<()> {
    let target = world.path("public.git");
    world.git(world.root(), &["init", "--quiet", "--bare", &target.to_string_lossy()])?;
    let address = format!("file://{}", target.display());
    world.write_workflow(&["--mode", "repository", "--to", &address])?;
    world.collect("X10_midnight")?;
    let first = run_once(world)?;
    first.expect(&["Install", "Check", "Publish"])?;
    let published = world.published(&target)?;
    ensure!(
        published == world.by_hand()?,
        "the branch is not what `publish --out` makes of the same data"
    );
    let tip = world.one_commit(&target)?;

    let second = run_once(world)?;
    second.expect(&["Install", "Check"])?;
    ensure!(world.one_commit(&target)? == tip, "a run without new data has pushed something");

    world.collect("A_stream")?;
    run_once(world)?.expect(&["Install", "Check", "Publish"])?;
    ensure!(world.one_commit(&target)? != tip, "new data is not published");
    let now = world.published(&target)?;
    ensure!(now != published && now == world.by_hand()?, "new data is not on the page");
    Ok(())
}

/// A Pages artifact of the same repository. The page is served from this machine, because the check asks it.
fn as_an_artifact(world: &World) -> Result<()> {
    let page = world.path("page");
    fs_err::create_dir_all(&page)?;
    // What stands there before the first page.
    fs_err::write(page.join("index.html"), "")?;
    let server = world.serve(&page)?;
    world.write_file(
        "token-matters.yaml",
        &format!("timezone: UTC\nsite:\n  address: {}\n", server.address),
    )?;
    world.write_workflow(&["--mode", "artifact"])?;
    world.push("a page by artifact")?;
    run_once(world)?.expect(&[
        "Install",
        "Check",
        "Publish",
        "Hand over",
        "actions/deploy-pages",
    ])?;
    let published = page_files(&page)?;
    ensure!(
        published == world.by_hand()?,
        "the artifact is not what `publish --out` makes of the same data"
    );
    run_once(world)?.expect(&["Install", "Check"])?;
    world.collect("X2_fork")?;
    run_once(world)?.expect(&[
        "Install",
        "Check",
        "Publish",
        "Hand over",
        "actions/deploy-pages",
    ])?;
    ensure!(page_files(&page)? != published, "new data is not on the page");
    Ok(())
}

/// One run of the only job, in a folder of its own.
fn run_once(world: &World) -> Result<Ran> {
    let runner = Runner::new(world)?;
    runner.run().context("the workflow has failed")
}

#[expect(clippy::print_stdout, reason = "a developer's tool prints")]
fn say(text: &str) {
    println!("{text}");
}
