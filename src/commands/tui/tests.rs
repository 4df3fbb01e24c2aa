use data_schema::settings::WeekStart;
use data_schema::{Fraction, LimitReading, Money, UtcSeconds};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Color;

use super::app::{Act, App, View};
use super::draw::{Look, draw};
use super::feed::News;
use super::live::{Live, Use};
use crate::current::Amount;
use crate::current::budgets::Budget;
use crate::current::limits::Limit;
use crate::current::windows::Window;

const LOOK: Look = Look { colors: false, unicode: true };

fn at(text: &str) -> UtcSeconds {
    text.parse().unwrap()
}

fn amount(total_tokens: u64, cents: i128) -> Amount {
    let list_usd = Money::from_picos(cents * 10_000_000_000);
    Amount { total_tokens, requests: total_tokens / 10_000, list_usd, unpriced_tokens: 0 }
}

fn part(day: &str, source: &str, model: &str, amount: Amount) -> Use {
    Use { day: day.parse().unwrap(), source: source.to_owned(), model: model.to_owned(), amount }
}

fn limit(source: &str, window: &str, used: f64) -> Limit {
    let reading = LimitReading {
        at: at("2026-06-15T11:30:00Z"),
        account: None,
        window: window.to_owned(),
        scope: None,
        used_fraction: Fraction::new(used),
        resets_at: Some(at("2026-06-15T14:10:00Z")),
        via: "log".to_owned(),
        source: None,
    };
    Limit { source: source.to_owned(), reading }
}

fn live() -> Live {
    let budget = Budget {
        name: "work".to_owned(),
        period: "month".to_owned(),
        since: "2026-06-01".parse().unwrap(),
        amount: "200".parse().unwrap(),
        currency: "EUR".to_owned(),
        of: "list".to_owned(),
        spent: Money::ZERO,
        used_steps: Some(7_350),
    };
    Live {
        at: at("2026-06-15T11:59:53Z"),
        zone: chrono_tz::Europe::Berlin,
        week_start: WeekStart::Monday,
        uses: vec![
            part("2026-06-15", "claude-code", "claude-opus-4-8", amount(3_210_000, 4_512)),
            part("2026-06-15", "codex", "gpt-5.5", amount(840_000, 310)),
            part("2026-06-14", "claude-code", "claude-haiku-4-5", amount(120_000, 12)),
            part("2026-06-02", "gemini-cli", "gemini-3.1-pro-preview", amount(98_000_000, 112_345)),
        ],
        windows: vec![Window {
            source: None,
            start: at("2026-06-15T09:41:00Z"),
            end: at("2026-06-15T14:41:00Z"),
            amount: amount(2_400_000, 3_011),
        }],
        limits: vec![
            limit("claude-code", "5h", 0.235),
            limit("codex", "5h", 0.92),
            limit("codex", "7d", 0.5),
        ],
        budgets: vec![budget],
        problems: 0,
    }
}

fn hostile() -> Live {
    let unpriced = Amount { unpriced_tokens: 50_000, list_usd: Money::ZERO, ..amount(50_000, 0) };
    let mut live = live();
    live.uses = vec![
        part("2026-06-15", "\u{1b}[31mred\u{1b}]0;title\u{7}", "--help\n\r\tnext", unpriced),
        part(
            "2026-06-15",
            "名前の長い道具の名前の長い道具の名前の長い道具の名前",
            "\u{202e}txet\u{200d}👩‍👩‍👧‍👦",
            amount(90_000, 5),
        ),
        part("2026-06-15", "", "", amount(u64::MAX, i128::from(u64::MAX))),
    ];
    live.budgets[0].name = "\u{1b}[2J\u{9b}31m".to_owned();
    live.limits[0].source = "x".repeat(300);
    live.limits[0].reading.window = "\u{7}5h".to_owned();
    live
}

fn empty() -> Live {
    let (uses, windows, limits, budgets) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    Live { uses, windows, limits, budgets, ..live() }
}

fn app(live: Option<Live>, keys: &str) -> App {
    let mut app = App::new(false);
    if let Some(live) = live {
        app.take(News::Read(Box::new(live)));
    }
    for key in keys.chars() {
        app.key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE));
    }
    app
}

fn terminal(app: &mut App, (width, height): (u16, u16), look: Look) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let now = at("2026-06-15T12:00:00Z");
    terminal.draw(|frame| draw(frame, app, now, look)).unwrap();
    terminal
}

fn screen(app: &mut App, size: (u16, u16)) -> String {
    terminal(app, size, LOOK).backend().to_string()
}

#[test]
fn every_view_at_three_sizes() {
    let sizes = [(60, 15), (80, 24), (120, 40)];
    for (width, height) in sizes {
        let views = ["1", "2", "3", "4", "?"].map(|keys| {
            let screen = screen(&mut app(Some(live()), keys), (width, height));
            format!("{keys}\n{screen}")
        });
        insta::assert_snapshot!(format!("views_{width}x{height}"), views.join("\n"));
    }
}

#[test]
fn nothing_read_nothing_found_and_a_failure() {
    let mut failed = app(None, "");
    failed
        .take(News::Failed("the store is damaged:\u{1b}[2J see `token-matters doctor`".to_owned()));
    let mut stays = app(Some(live()), "");
    stays.take(News::Failed("no".to_owned()));
    let mut reading = app(Some(empty()), "2");
    reading.take(News::Reading);
    let screens = [
        screen(&mut app(None, ""), (60, 15)),
        screen(&mut failed, (60, 15)),
        screen(&mut stays, (60, 15)),
        screen(&mut app(Some(empty()), ""), (60, 15)),
        screen(&mut reading, (60, 15)),
    ];
    insta::assert_snapshot!(screens.join("\n"));
}

#[test]
fn names_from_elsewhere_stay_in_their_cells() {
    let screens =
        ["1", "2", "3", "4"].map(|keys| screen(&mut app(Some(hostile()), keys), (60, 20)));
    for screen in &screens {
        let is_bad = |letter: char| (letter.is_control() && letter != '\n') || letter == '\u{202e}';
        assert!(!screen.contains(is_bad), "{screen:?}");
        assert_eq!(screen.lines().count(), 20);
    }
    insta::assert_snapshot!(screens.join("\n"));
}

#[test]
fn no_size_is_too_small_to_draw() {
    for size in [(1, 1), (3, 2), (10, 4), (60, 3), (4, 40)] {
        for keys in ["1", "2", "4", "?"] {
            screen(&mut app(Some(live()), keys), size);
        }
    }
}

#[test]
fn colors_tell_what_is_near_its_end_and_only_where_they_are_wanted() {
    let of = |look: Look| {
        let terminal = terminal(&mut app(Some(live()), ""), (80, 24), look);
        let cells = &terminal.backend().buffer().content;
        [Color::Red, Color::Yellow]
            .map(|color| cells.iter().filter(|cell| cell.fg == color).count() > 0)
    };
    assert_eq!(of(Look { colors: true, unicode: true }), [true, true]);
    assert_eq!(of(LOOK), [false, false]);
    let plain =
        terminal(&mut app(Some(live()), "4"), (120, 24), Look { colors: false, unicode: false });
    let text = plain.backend().to_string();
    assert!(text.contains("##########") && !text.contains('█'), "{text}");
}

#[test]
fn keys_do_what_the_help_says() {
    let press = |app: &mut App, code| app.key(KeyEvent::new(code, KeyModifiers::NONE));
    let mut app = app(Some(live()), "");
    for view in [View::Sources, View::Models, View::Month, View::Now] {
        assert_eq!((press(&mut app, KeyCode::Tab), app.view), (Act::Stay, view));
    }
    press(&mut app, KeyCode::BackTab);
    assert_eq!(app.view, View::Month);
    assert_eq!(press(&mut app, KeyCode::Char('r')), Act::Read);
    assert_eq!(press(&mut app, KeyCode::Char('q')), Act::Quit);
    assert_eq!(app.key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)), Act::Quit);
    // The help is left by any key, and by that key alone.
    press(&mut app, KeyCode::Char('?'));
    assert_eq!((press(&mut app, KeyCode::Char('q')), app.is_help_shown), (Act::Stay, false));
}

#[test]
fn sorting_changes_the_order_and_scrolling_ends_at_the_last_row() {
    let first = |keys: &str| {
        let screen = screen(&mut app(Some(live()), keys), (80, 24));
        screen.lines().nth(3).unwrap().trim_matches('"').split("  ").next().unwrap().to_owned()
    };
    assert_eq!(first("2"), "Gemini CLI");
    assert_eq!(first("2sss"), "Claude Code", "by name");
    assert_eq!(first("4"), "2026-06-15 Mon", "the newest day");
    assert_eq!(first("4s"), "2026-06-02 Tue", "by tokens");
    let mut far = app(Some(live()), "4jjjjjjjjjjjjjjjjjjjj");
    let screen = screen(&mut far, (60, 7));
    assert_eq!(far.scroll, 1, "{screen}");
    assert!(screen.contains("2026-06-02"), "{screen}");
}
