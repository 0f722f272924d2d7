"""The trainings of P2 (Wagner et al. 2024, CAGE); the rest of its study is `affect_core.circumplex`."""
