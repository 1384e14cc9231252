//! Answers what operators ask about the log of this process.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::asked::{
    Leave, LevelsAsked, LevelsChange, LevelsOf, LevelsSaid, LookOn, Renew, Who, Writer,
};
use super::looks::Looks;
use crate::config::LogLevel;
use crate::observe::log::{LevelChange, Logs};
use crate::runtime::Runtime;

/// Answers as long as the runtime runs, if that is joined with others.
pub(in crate::observe::log) fn answer(logs: &Logs, runtime: &Runtime) {
    let Some((node, instance)) = runtime.identity() else {
        return;
    };
    let looks = Looks::new(logs, runtime.clock().clone());
    runtime.spawn(Arc::clone(&looks).keep_time());
    let writer = Writer { node, instance };
    runtime.answer_operators::<Who, _, _>(move |()| std::future::ready(Some(writer.clone())));
    let pages = Arc::clone(&looks);
    runtime.answer_operators::<LookOn, _, _>(move |asked| {
        let page = Arc::clone(&pages).page(asked);
        async move { Some(page.await) }
    });
    let renewed = Arc::clone(&looks);
    runtime.answer_operators::<Renew, _, _>(move |look| {
        renewed.renew(&look);
        std::future::ready(Some(()))
    });
    runtime.answer_operators::<Leave, _, _>(move |leaving| {
        looks.leave(&leaving.operator);
        std::future::ready(Some(()))
    });
    let known = runtime.capabilities().into_iter().map(|info| info.name);
    let (logs, known) = (logs.clone(), known.collect());
    runtime.answer_operators::<LevelsOf, _, _>(move |asked| {
        std::future::ready(Some(levels(&logs, &known, asked)))
    });
}

/// Changes what is to be changed, and tells what holds then.
pub(super) fn levels(
    logs: &Logs,
    known: &BTreeSet<String>,
    asked: LevelsAsked,
) -> Result<LevelsSaid, String> {
    let change = asked.change.map(|change| change_level(logs, known, change));
    Ok(LevelsSaid {
        change: change.transpose()?,
        levels: logs.levels(),
    })
}

fn change_level(
    logs: &Logs,
    known: &BTreeSet<String>,
    change: LevelsChange,
) -> Result<LevelChange, String> {
    let capability = &change.capability;
    if !known.contains(capability) {
        return Err(format!("there is no capability {capability:?} here"));
    }
    let Some(level) = change.level else {
        return Ok(logs.restore(capability));
    };
    let level: LogLevel = serde_json::from_value(json!(level)).map_err(|_| {
        format!("{level:?} is no level: say error, warn, info, debug, trace or off")
    })?;
    let lasting = change.for_ms.map(Duration::from_millis);
    Ok(logs.set_level(capability, level, lasting))
}
