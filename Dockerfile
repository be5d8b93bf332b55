# matchzoo and its command, without a GPU:   docker build -t matchzoo .
# with one (the host brings the driver):     docker build -t matchzoo:cuda --build-arg TORCH=cu126 .
# then:  docker run --rm -v "$PWD/work:/workspace" matchzoo run lgm/quickstart        (with a GPU: docker run --gpus all …)
FROM python:3.12-slim

# which of PyTorch's own builds: cpu, or one with CUDA such as cu126
ARG TORCH=cpu

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN pip install torch torchvision --index-url "https://download.pytorch.org/whl/${TORCH}"

COPY pyproject.toml hatch_build.py README.md LICENSE /source/
COPY matchzoo /source/matchzoo
COPY recipes /source/recipes
COPY zoo /source/zoo
RUN pip install "/source[quickstart]" && rm -r /source

RUN useradd --create-home matchzoo && mkdir /workspace && chown matchzoo /workspace
USER matchzoo
# caches of weights and data stay with the runs, in the folder that is mounted
ENV MATCHZOO_CACHE=/workspace/.cache/matchzoo HF_HOME=/workspace/.cache/huggingface TORCH_HOME=/workspace/.cache/torch
WORKDIR /workspace
ENTRYPOINT ["matchzoo"]
CMD ["--help"]
