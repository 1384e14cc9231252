//! Capabilities that call each other as a message says: two singletons, a keyed and a stateless one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{CallError, Cx, Message, Uses};

/// Goes on to the first of `path` – `alpha`, `beta`, `gamma[<key>]`, `delta` – with the rest of it; at its end it waits at `gate`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u32, error = Stuck)]
pub(crate) struct Hop {
    pub(crate) path: Vec<String>,
    #[serde(default)]
    pub(crate) gate: Option<String>,
}

/// A hop could not go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Stuck {
    /// The call error as JSON.
    pub(crate) error: String,
}

impl Hop {
    pub(crate) fn along(path: &[&str]) -> Self {
        Self {
            path: path.iter().map(|name| (*name).to_owned()).collect(),
            gate: None,
        }
    }
}

impl Stuck {
    pub(crate) fn call_error(&self) -> CallError {
        serde_json::from_str(&self.error).expect("a call error as JSON")
    }
}

skep::contract! {
    /// Hops.
    pub(crate) Alpha v1 { Hop }
}
skep::contract! {
    /// Hops, too.
    pub(crate) Beta v1 { Hop }
}
skep::contract! {
    /// Hops, one actor per place.
    pub(crate) Gamma v1 keyed by place { Hop }
}
skep::contract! {
    /// Hops, any number of actors.
    pub(crate) Delta v1 { Hop }
}

async fn hop<A>(mut m: Hop, cx: &mut Cx<A>) -> Result<u32, Stuck>
where
    A: skep::Capability + Uses<Alpha> + Uses<Beta> + Uses<Gamma> + Uses<Delta>,
{
    if m.path.is_empty() {
        if let Some(gate) = &m.gate {
            crate::gate::pass(gate).await;
        }
        return Ok(0);
    }
    let next = m.path.remove(0);
    let answer = match next.strip_suffix(']').and_then(|next| next.split_once('[')) {
        Some(("gamma", key)) => cx.to::<Gamma>().key(key).ask(m).await,
        _ if next == "alpha" => cx.to::<Alpha>().ask(m).await,
        _ if next == "beta" => cx.to::<Beta>().ask(m).await,
        _ => cx.to::<Delta>().ask(m).await,
    };
    match answer {
        Ok(hops) => Ok(hops + 1),
        Err(skep::AskError::Domain(stuck)) => Err(stuck),
        Err(skep::AskError::Call(error)) => Err(Stuck {
            error: serde_json::to_string(&error).expect("call errors are JSON"),
        }),
    }
}

#[derive(Default)]
pub(crate) struct AlphaHopper;

#[skep::capability(contract = Alpha, uses(Alpha, Beta, Gamma, Delta))]
impl AlphaHopper {
    #[handle]
    async fn hop(&mut self, m: Hop, cx: &mut Cx<Self>) -> Result<u32, Stuck> {
        hop(m, cx).await
    }
}

#[derive(Default)]
pub(crate) struct BetaHopper;

#[skep::capability(contract = Beta, uses(Alpha, Beta, Gamma, Delta))]
impl BetaHopper {
    #[handle]
    async fn hop(&mut self, m: Hop, cx: &mut Cx<Self>) -> Result<u32, Stuck> {
        hop(m, cx).await
    }
}

#[derive(Default)]
pub(crate) struct GammaHopper;

#[skep::capability(contract = Gamma, uses(Alpha, Beta, Gamma, Delta))]
impl GammaHopper {
    #[handle]
    async fn hop(&mut self, m: Hop, cx: &mut Cx<Self>) -> Result<u32, Stuck> {
        hop(m, cx).await
    }
}

#[derive(Default)]
pub(crate) struct DeltaHopper;

#[skep::capability(contract = Delta, stateless, uses(Alpha, Beta, Gamma, Delta))]
impl DeltaHopper {
    #[handle]
    async fn hop(&mut self, m: Hop, cx: &mut Cx<Self>) -> Result<u32, Stuck> {
        hop(m, cx).await
    }
}

/// All four.
pub(crate) fn hoppers(colony: skep::testing::Colony) -> skep::testing::Colony {
    colony
        .with::<AlphaHopper>()
        .with::<BetaHopper>()
        .with::<GammaHopper>()
        .with::<DeltaHopper>()
}
