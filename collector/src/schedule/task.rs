//! A task of Windows Task Scheduler.

use super::program::run;
use super::{Entry, Names, PROXY_TASK, ScheduleError, TASK, Unit};

pub(super) fn find(names: Names) -> Result<Option<Entry>, ScheduleError> {
    // It fails where there is no such task, with a message in the language of the system.
    let ran = run("schtasks", &["/Query", "/TN", names.task, "/XML"])?;
    if !ran.is_success {
        return Ok(None);
    }
    let text = decoded(&ran.stdout);
    let is_active = !text.contains("<Enabled>false</Enabled>");
    Ok(Some(Entry { place: names.task.to_owned(), text, is_active }))
}

/// Some versions print UTF-16, most the code page of the console.
fn decoded(bytes: &[u8]) -> String {
    match bytes.strip_prefix(&[0xff, 0xfe]) {
        Some(wide) => {
            let units = wide.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}')).collect()
        }
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

pub(super) fn install(units: &[Unit]) -> Result<(), ScheduleError> {
    for unit in units {
        // Closed before it is read: Windows does not open a file twice. UTF-16, as its first line says.
        let path = tempfile::Builder::new().suffix(".xml").tempfile()?.into_temp_path();
        let wide = std::iter::once(0xfeff).chain(unit.text.encode_utf16());
        fs_err::write(&path, wide.flat_map(u16::to_le_bytes).collect::<Vec<u8>>())?;
        let file = path.to_string_lossy();
        run("schtasks", &["/Create", "/TN", &unit.place, "/XML", &file, "/F"])?.checked()?;
        if unit.place == PROXY_TASK {
            // Its first trigger is a minute away.
            run("schtasks", &["/Run", "/TN", &unit.place])?.checked()?;
        }
    }
    Ok(())
}

pub(super) fn remove(names: Names) -> Result<(), ScheduleError> {
    if find(names)?.is_some() {
        // Fails where nothing of it runs.
        let _ = run("schtasks", &["/End", "/TN", names.task]);
        run("schtasks", &["/Delete", "/TN", names.task, "/F"])?.checked()?;
    }
    Ok(())
}

pub(super) fn start() -> Result<(), ScheduleError> {
    run("schtasks", &["/Run", "/TN", TASK])?.checked()?;
    Ok(())
}

/// The second of the columns name, next run time, status.
pub(super) fn next_run() -> Option<String> {
    let ran =
        run("schtasks", &["/Query", "/TN", TASK, "/FO", "CSV", "/NH"]).ok()?.checked().ok()?;
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    let next = text.trim().split("\",\"").nth(1)?.to_owned();
    next.starts_with(|letter: char| letter.is_ascii_digit()).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_text_are_read() {
        let wide: Vec<u8> = "\u{feff}<Täsk>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decoded(&wide), "<Täsk>");
        assert_eq!(decoded(b"<Task>"), "<Task>");
    }
}
