"""The engine process: one compiled model's life, its load and its records. The only package that imports openvino."""
