//! The commands of a console block, with what the page shows below each.

use super::expected::is_any_lines;

/// How the line ends by which a program says that it runs until it is interrupted.
const STAYS: &str = "Ctrl-C stops it.";
/// How a page shows that Ctrl-C is pressed.
const CTRL_C: &str = "^C";

/// One thing that a reader does at the terminal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Types a command and waits until it ends.
    Run { command: String, shown: Vec<String> },
    /// Types a command that goes on, in a terminal of its own.
    Start { command: String, shown: Vec<String> },
    /// Presses Ctrl-C where the last of these runs, and waits until it ends.
    Interrupt { shown: Vec<String> },
}

/// Reads a block.
///
/// # Errors
/// When it begins with something else than a command.
pub(crate) fn steps(lines: &[String]) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut lines = lines.iter().peekable();
    while let Some(line) = lines.next() {
        let mut typed = line.strip_prefix("$ ").map(str::to_owned);
        while let Some(before) = typed.as_ref().and_then(|typed| typed.strip_suffix('\\')) {
            let before = before.trim_end();
            let more = lines.next().map_or("", |line| line.trim());
            typed = Some(format!("{before} {more}"));
        }
        let is_next = |line: &&String| line.starts_with("$ ") || *line == CTRL_C;
        let mut shown = Vec::new();
        while let Some(line) = lines.next_if(|line| !is_next(line)) {
            shown.push(line.clone());
        }
        let goes_on = shown.iter().any(|line| line.ends_with(STAYS))
            || lines.peek().is_some_and(|line| *line == CTRL_C);
        steps.push(match typed {
            Some(command) if goes_on => Step::Start { command, shown },
            Some(command) => Step::Run { command, shown },
            None if line == CTRL_C => Step::Interrupt { shown },
            None => return Err(format!("a console block begins with `$ ` or `^C`: {line}")),
        });
    }
    Ok(steps)
}

/// What is shown without the lines that stand for any others.
pub(crate) fn telling(shown: &[String]) -> impl Iterator<Item = &String> {
    shown.iter().filter(|line| !is_any_lines(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_commands_with_their_output_programs_that_stay_and_interruptions() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let block =
            lines("$ a \\\n    b\nout\n$ c\nready. Ctrl-C stops it.\n^C\nstopped\n$ d\n$ e\n^C");
        let run = |command: &str, shown: &str| Step::Run {
            command: command.to_owned(),
            shown: lines(shown),
        };
        let start = |command: &str, shown: &str| Step::Start {
            command: command.to_owned(),
            shown: lines(shown),
        };
        let interrupt = |shown: &str| Step::Interrupt {
            shown: lines(shown),
        };
        let expected = [
            run("a b", "out"),
            start("c", "ready. Ctrl-C stops it."),
            interrupt("stopped"),
            run("d", ""),
            start("e", ""),
            interrupt(""),
        ];
        assert_eq!(steps(&block), Ok(expected.into()));
    }
}
