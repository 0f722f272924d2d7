from affect_core.names import distinct


def test_names_that_are_taken_are_passed_over():
    assert distinct(["a", "a_2", "a", "b", "a"]) == ["a", "a_2", "a_3", "b", "a_4"]
