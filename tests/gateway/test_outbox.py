"""The outbox: at least once, in order for each subject, never for ever."""

from handover.gateway.outbox import Outbox
from handover.gateway.outputs import Answer, Delivered
from handover.gateway.step import Step


def answer(key: str, subject: str = "s", deadline: float = 1000.0) -> Answer:
    return Answer(key, subject, 1, 1, 0x0701, 0, b"", deadline)


class Line:
    def __init__(self) -> None:
        self.sent: list[str] = []
        self.box = Outbox(lambda step, a: self.sent.append(a.key))

    def at(self, now: float) -> Step:
        step = Step(now, now)
        self.box.tick(step)
        return step

    def add(self, *answers: Answer) -> None:
        step = Step(0.0, 0.0)
        for one in answers:
            self.box.add(step, one)


def test_answers_of_one_subject_leave_one_after_the_other() -> None:
    line = Line()
    line.add(answer("a1", "a"), answer("a2", "a"), answer("b1", "b"))
    line.at(0.0)
    assert line.sent == ["a1", "b1"]
    line.at(0.0)
    assert line.sent == ["a1", "b1"]
    step = Step(1.0, 1.0)
    line.box.concluded(step, "a1", 0)
    assert line.sent == ["a1", "b1", "a2"]
    assert Delivered("a1") in step.changes


def test_an_unanswered_one_goes_again_later_and_holds_its_followers_back() -> None:
    line = Line()
    line.add(answer("a1", "a"), answer("a2", "a"))
    line.at(0.0)
    line.box.concluded(Step(5.0, 5.0), "a1", None)
    line.at(5.0)
    assert line.sent == ["a1"]
    assert line.box.deadline() == 65.0
    line.at(65.0)
    assert line.sent == ["a1", "a1"]


def test_a_refused_one_is_not_repeated_but_logged() -> None:
    line = Line()
    line.add(answer("a"))
    line.at(0.0)
    step = Step(1.0, 1.0)
    line.box.concluded(step, "a", 0x8B)
    assert len(line.box) == 0
    assert any("refused" in log.text for log in step.logs)


def test_one_that_is_too_late_is_given_up_with_a_line() -> None:
    line = Line()
    line.add(answer("a", deadline=100.0))
    step = line.at(100.0)
    assert (line.sent, len(line.box)) == ([], 0)
    assert any("given up" in log.text for log in step.logs)


def test_the_same_answer_is_queued_once() -> None:
    line = Line()
    step = Step(0.0, 0.0)
    line.box.add(step, answer("a"))
    line.box.add(step, answer("a"))
    assert len(step.changes) == 1


def test_when_the_esi_is_back_everything_leaves_at_once() -> None:
    line = Line()
    line.add(answer("a"))
    line.at(0.0)
    line.box.concluded(Step(1.0, 1.0), "a", None)
    line.box.retry()
    line.at(2.0)
    assert line.sent == ["a", "a"]


def test_a_word_about_an_unknown_answer_is_no_trouble() -> None:
    Line().box.concluded(Step(0.0, 0.0), "nothing", 0)
