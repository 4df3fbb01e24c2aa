//! Which work would be stored, and what to leave out.

use crate::init::ask::{Ask, Stopped, checked};
use crate::output::{counted, grouped};

/// Projects that are listed; the others are counted.
const LISTED: usize = 15;

/// Shows the projects, and asks what to leave out; what is left out already stays so.
pub(crate) fn ask(
    ask: &mut dyn Ask,
    projects: &[(String, u64)],
    excluded: Vec<String>,
) -> Result<Vec<String>, Stopped> {
    ask.tell("\nThis work would be stored, as names and numbers, never as text of a conversation:");
    for (number, (name, tokens)) in (1..).zip(projects.iter().take(LISTED)) {
        ask.tell(&format!("  {number}) {}: {} tokens", rule(name), grouped(*tokens)));
    }
    let left = projects.len().saturating_sub(LISTED);
    if left > 0 {
        ask.tell(&format!("  and {}", counted(left, "smaller project")));
    }
    if !excluded.is_empty() {
        ask.tell(&format!("Left out already: {}", excluded.join(", ")));
    }
    let chosen = checked(
        ask,
        "Leave out which? (numbers, folders or git remotes, with commas; nothing: all are stored)",
        "",
        &mut |text| parse(text, projects),
    )?;
    let mut rules = excluded;
    for rule in chosen {
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    Ok(rules)
}

fn parse(text: &str, projects: &[(String, u64)]) -> Result<Vec<String>, String> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    let one = |word: &str| match word.parse::<usize>() {
        Ok(number) => {
            let project = number.checked_sub(1).and_then(|index| projects.get(index));
            project
                .map(|(name, _)| rule(name))
                .ok_or_else(|| format!("There is no project {number}."))
        }
        Err(_) if word.contains('/') || word.starts_with('~') => Ok(word.to_owned()),
        Err(_) => Err(format!("`{word}` is no number, folder or git remote.")),
    };
    words.map(one).collect()
}

/// A project as `projects.exclude` names it.
fn rule(name: &str) -> String {
    name.strip_prefix("$HOME").map_or_else(|| name.to_owned(), |rest| format!("~{rest}"))
}

#[cfg(test)]
mod tests {
    use super::ask;
    use crate::init::ask::tests::Scripted;

    #[test]
    fn projects_are_left_out_by_number_or_by_name_and_old_rules_stay() {
        let projects = [("github.com/me/a".to_owned(), 5_000), ("$HOME/b".to_owned(), 7)];
        let mut script = Scripted::new(&["9", "2, ~/c,github.com/x/*"]);
        let rules = ask(&mut script, &projects, vec!["~/old".to_owned()]).unwrap();
        assert_eq!(rules, ["~/old", "~/b", "~/c", "github.com/x/*"]);
        assert!(
            script.transcript.contains("1) github.com/me/a: 5,000 tokens"),
            "{}",
            script.transcript
        );
        assert!(script.transcript.contains("There is no project 9."));
    }
}
