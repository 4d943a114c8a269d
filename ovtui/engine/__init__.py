"""The engine process: compiles one model, makes the load and records it. The only package that imports openvino."""
