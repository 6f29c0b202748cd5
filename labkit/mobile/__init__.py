"""TensorFlow Lite files, from a Keras twin to a microcontroller."""
