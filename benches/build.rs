//! Generates the gRPC service and client of the benchmarks, from a description in Rust.

use tonic_build::manual::{Builder, Method, Service};

fn main() {
    let echo = Method::builder()
        .name("echo")
        .route_name("Echo")
        .input_type("crate::grpc::Echo")
        .output_type("crate::grpc::Echo")
        .codec_path("tonic_prost::ProstCodec")
        .build();
    let service = Service::builder()
        .name("Echoing")
        .package("benches")
        .method(echo)
        .build();
    Builder::new().compile(&[service]);
}
