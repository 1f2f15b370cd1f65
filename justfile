# The habits of this repository; `just` lists them. Each is a line that can be typed without just.

# The list of recipes.
default:
    @just --list

# The program, as users build it.
build:
    cargo build --release

# All tests, or those whose names hold FILTER: just test refusals
test *FILTER:
    cargo test --release {{FILTER}}

# What CI checks.
ci:
    .ci/run

# Format, and what clippy and rustdoc say.
lint:
    cargo fmt
    cargo clippy --release --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps

# Renews what README, book, reference and refusals show; read the difference before you commit it.
renew:
    SNAPSHOTS=overwrite cargo test --release --test it -- docs reference refusals
    git diff --stat

# The book, in a browser (cargo install mdbook).
book:
    mdbook serve docs --open

# The pages of the library, in a browser.
doc:
    cargo doc --release --no-deps --open

# The operator and what comes before the network, with ratios to something known.
bench:
    cargo bench --bench operator
    cargo bench --bench pipeline

# Beside PyTorch; VENV is a virtual environment with torch.
bench-torch VENV *ARGS:
    benches/compare.sh {{VENV}} {{ARGS}}

# Fuzzes table, settings or checkpoint for SECONDS.
fuzz TARGET="table" SECONDS="600":
    fuzz/run.sh {{TARGET}} {{SECONDS}}

# The main job on the sample data, in ./quickstart.
quickstart:
    sh examples/quickstart.sh
