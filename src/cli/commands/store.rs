//! `store`: the application's store – through the operator's door while the process runs, on its files when nobody has them.

use std::path::{Path, PathBuf};

use clap::{ArgMatches, value_parser};
use hyper::Method;
use serde_json::{Value, json};

use crate::cli::client::{Client, Door, Route, Whereabouts};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Head;
use crate::cli::session::Session;
use crate::cli::store_arrange::{Moved, Plan};
use crate::cli::store_files::{self, FilesError};
use crate::cli::views::{Compacted, Store, Tree};
use crate::cli::{arguments, output};
use crate::config::{Config, Engine as ConfiguredEngine, StoreSettings};
use crate::store;

pub(super) fn define(name: &str) -> clap::Command {
    let file = |help: &'static str| {
        arguments::required("file", "FILE", help).value_parser(value_parser!(PathBuf))
    };
    clap::Command::new("store")
        .about("Looks at the store, makes it smaller, or moves what is in it")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(clap::Command::new("info").about("Tells whose store it is, and how large").arg(arguments::json()))
        .subcommand(clap::Command::new("compact").about("Gives back the room that nothing lives in any more; the application must not run").arg(arguments::json()))
        .subcommand(
            clap::Command::new("export")
                .about("Writes everything into one file with a checksum; the application must not run")
                .arg(file("The file to write; it must not exist"))
                .arg(arguments::json()),
        )
        .subcommand(
            clap::Command::new("import")
                .about("Fills a new store with what was exported, with the engine of the configuration")
                .arg(file("The exported file"))
                .arg(arguments::json()),
        )
        .subcommand(
            clap::Command::new("arrange")
                .about("Brings the state of each capability to the node that hosts it now; the application must not run")
                .arg(arguments::json()),
        )
        .after_help(format!(
            "Examples:\n  \
             {name} store info\n  \
             {name} store compact\n  \
             {name} store export {name}.export\n  \
             {name} store import {name}.export --data ./new --set store.engine=fjall\n  \
             {name} store arrange -c split.toml\n\n\
             `info` asks the process while it runs; all else works on the folder store.path, which nobody may have open.\n\
             Ends with 66 when there is no store, 74 when it cannot be read or written, 75 when somebody has it open."
        ))
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let Some((action, arguments)) = arguments.subcommand() else {
        return Err(Exit::Usage.into());
    };
    let config = session.config()?;
    let settings: StoreSettings = config
        .section("store")
        .map_err(|problems| Failure::new(Exit::Config, problems.to_string()))?;
    let as_json = arguments.get_flag("json");
    let file = arguments.try_get_one::<PathBuf>("file").ok().flatten();
    match (action, file) {
        ("export", Some(file)) => export(&session, settings.path, file.clone(), as_json).await,
        ("import", Some(file)) => import(&session, settings, file.clone(), as_json).await,
        ("arrange", _) => arrange(&session, &config, settings, as_json).await,
        (action, _) => {
            let running = running(&session, &Whereabouts::of(&config)?).await?;
            match (action, running) {
                ("compact", Some(client)) => compact_running(&client, as_json).await,
                ("compact", None) => compact_files(&session, settings.path, as_json).await,
                (_, Some(client)) => info_running(&client, as_json).await,
                (_, None) => info_files(&session, settings.path, as_json).await,
            }
        }
    }
}

/// The process that has the store, if one answers.
async fn running(session: &Session, whereabouts: &Whereabouts) -> Result<Option<Client>, Failure> {
    let Some(door) = Door::read(&whereabouts.file)? else {
        return Ok(None);
    };
    let client = Client::new(session.application(), door);
    match client.get::<Value>(&Route::of(&["process"])).await {
        Ok(_) => Ok(Some(client)),
        Err(failure) if failure.exit() == Exit::Unavailable => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Works on files, away from the threads that wait for the network.
async fn on_files<T: Send + 'static>(
    session: &Session,
    work: impl FnOnce() -> Result<T, FilesError> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| error.failure(session.application())),
        Err(error) => Err(Failure::new(Exit::Software, error.to_string())),
    }
}

async fn info_running(client: &Client, as_json: bool) -> Result<Exit, Failure> {
    let route = Route::of(&["store"]);
    let answer = client.send(Method::GET, &route, &[], None).await?;
    let answer = answer.granted().map_err(|refusal| {
        let refusal = refusal.untraced();
        match refusal.status {
            404 => Failure::new(Exit::NoInput, refusal.message()),
            _ => client.refused(&refusal),
        }
    })?;
    let raw: Value = client.read(&answer.body)?;
    let store: Store = client.read(raw.to_string().as_bytes())?;
    if as_json {
        output::json(&raw)?;
    } else {
        output::line(&info_text(client, &store))?;
    }
    Ok(Exit::Success)
}

fn info_text(client: &Client, store: &Store) -> String {
    let mut lines = vec![
        ("engine", store.engine.clone()),
        ("folder", store.path.clone().unwrap_or_default()),
        ("size on disk", output::bytes(store.size_bytes)),
    ];
    lines.extend(
        store
            .commits
            .map(|commits| ("commits", commits.to_string())),
    );
    lines.push(("open by", format!("process {}", client.door().pid)));
    let is_counted = |tree: &Tree| tree.entries.is_some() || tree.bytes.is_some();
    let trees = if store.trees.iter().any(is_counted) {
        format!("\n{}", counted(&store.trees))
    } else {
        let names: Vec<_> = store.trees.iter().map(|tree| tree.name.as_str()).collect();
        lines.push(("capabilities", names.join(", ")));
        String::new()
    };
    let lines = lines
        .iter()
        .map(|(name, value)| format!("{name:<12}  {}", output::plain(value)));
    format!("{}{trees}", lines.collect::<Vec<_>>().join("\n"))
}

/// The trees, with what is in each where it was counted: a process that has the store open does not count.
fn counted(trees: &[Tree]) -> String {
    let is_counted = trees.iter().any(|tree| tree.entries.is_some());
    let row = |tree: &Tree| {
        let entries = tree.entries.map(|entries| entries.to_string());
        let bytes = tree.bytes.map(output::bytes);
        let mut row = vec![tree.name.clone()];
        if is_counted {
            row.extend([entries.unwrap_or_default(), bytes.unwrap_or_default()]);
        }
        row
    };
    let mut heads = vec![Head::Text("CAPABILITY")];
    if is_counted {
        heads.extend([Head::Number("ENTRIES"), Head::Number("SIZE")]);
    }
    output::columns(&heads, trees.iter().map(row).collect())
}

async fn info_files(session: &Session, path: PathBuf, as_json: bool) -> Result<Exit, Failure> {
    let about = on_files(session, move || store_files::about(&path)).await?;
    if as_json {
        output::json(&about.json())?;
    } else {
        output::line(&about.text())?;
    }
    Ok(Exit::Success)
}

async fn compact_running(client: &Client, as_json: bool) -> Result<Exit, Failure> {
    let answer = client
        .send(Method::POST, &Route::of(&["store", "compact"]), &[], None)
        .await?;
    let answer = answer
        .granted()
        .map_err(|refusal| client.refused(&refusal.untraced()))?;
    let compacted: Compacted = match answer.body.is_empty() {
        true => Compacted::default(),
        false => client.read(&answer.body)?,
    };
    tell_compacted(compacted.before_bytes, compacted.after_bytes, as_json)
}

async fn compact_files(session: &Session, path: PathBuf, as_json: bool) -> Result<Exit, Failure> {
    let compacted = on_files(session, move || store_files::compact(&path)).await?;
    tell_compacted(
        Some(compacted.before_bytes),
        Some(compacted.after_bytes),
        as_json,
    )
}

fn tell_compacted(before: Option<u64>, after: Option<u64>, as_json: bool) -> Result<Exit, Failure> {
    if as_json {
        output::json(&json!({ "before_bytes": before, "after_bytes": after }))?;
    } else if let (Some(before), Some(after)) = (before, after) {
        let (before, after) = (output::bytes(before), output::bytes(after));
        output::line(&format!("compacted: {before} before, {after} now"))?;
    } else {
        output::line("compacted")?;
    }
    Ok(Exit::Success)
}

async fn export(
    session: &Session,
    path: PathBuf,
    file: PathBuf,
    as_json: bool,
) -> Result<Exit, Failure> {
    let target = file.clone();
    let carried = on_files(session, move || store_files::export(&path, &target)).await?;
    tell_carried("exported", &carried, &file, as_json)
}

async fn import(
    session: &Session,
    settings: StoreSettings,
    file: PathBuf,
    as_json: bool,
) -> Result<Exit, Failure> {
    let engine = engine_of(&settings);
    let (source, application) = (file.clone(), session.application());
    let carried = on_files(session, move || {
        store_files::import(&source, &settings.path, application, engine)
    });
    tell_carried("imported", &carried.await?, &file, as_json)
}

async fn arrange(
    session: &Session,
    config: &Config,
    settings: StoreSettings,
    as_json: bool,
) -> Result<Exit, Failure> {
    let (topology, parts) = session.topology(config)?;
    let plan = Plan {
        application: session.application().to_owned(),
        engine: engine_of(&settings),
        root: settings.path,
        topology,
        parts,
    };
    let moved = on_files(session, move || plan.carry_out()).await?;
    if as_json {
        output::json(&json!(moved))?;
    } else if moved.is_empty() {
        output::line("everything is where it belongs: nothing was moved")?;
    } else {
        let heads = ["CAPABILITY", "FROM", "TO"].map(Head::Text);
        let heads: Vec<_> = heads.into_iter().chain([Head::Number("ENTRIES")]).collect();
        let row = |moved: &Moved| {
            let (from, to) = (moved.from.display(), moved.to.display());
            vec![
                moved.capability.clone(),
                from.to_string(),
                to.to_string(),
                moved.entries.to_string(),
            ]
        };
        output::line(&output::columns(&heads, moved.iter().map(row).collect()))?;
    }
    Ok(Exit::Success)
}

/// The engine of stores that are made.
fn engine_of(settings: &StoreSettings) -> store::Engine {
    match settings.engine {
        ConfiguredEngine::Sled => store::Engine::Sled,
        ConfiguredEngine::Fjall => store::Engine::Fjall,
    }
}

fn tell_carried(
    done: &str,
    carried: &store::transfer::Carried,
    file: &Path,
    as_json: bool,
) -> Result<Exit, Failure> {
    if as_json {
        output::json(&store_files::carried_json(carried, file))?;
    } else {
        output::line(&store_files::told(done, carried, file))?;
    }
    Ok(Exit::Success)
}
