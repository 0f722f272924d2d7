"""Human-like faces with known action units, on the ICT-FaceKit morphable head."""
