//! The page that shows the API: markup, style and scripts, compiled in. It reads `/openapi.json` and asks nothing of anybody
//! else.

mod assets;

pub(super) use assets::asset;
