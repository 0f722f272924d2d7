"""The terminal beside a running trial: consent, prompts, the operator's keys, questions afterwards."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TextIO

import click

from affect_core.errors import ConfigError, InputError
from affect_core.trial import Protocol
from affect_core.trial.questionnaire import Question, Questionnaire, write_answers

POLL_S = 0.2
HELP = "Enter: next; p: pause; r: resume; q: end here; anything else: a note, or where nothing is commanded a mark"


def ask_consent(protocols: Iterable[Protocol]) -> None:
    """Show each consent text once and ask.

    Raises:
        ConfigError: one is not accepted; nothing may be recorded.
    """
    for text in dict.fromkeys(protocol.consent for protocol in protocols if protocol.consent):
        click.echo(text.rstrip(), err=True)
        try:
            accepted = click.confirm("Do you agree?", default=False, err=True)
        except click.Abort:  # the input has ended
            accepted = False
        if not accepted:
            raise ConfigError("expected the participant's consent, it was not given: nothing is recorded")


def ask_after(
    questionnaire: Questionnaire | None, folder: Path, participant: str, keys: OperatorKeys
) -> None:
    """Ask after a session that has a report in ``folder``; the answers lie beside it."""
    if questionnaire is not None:
        answers = ask_questions(questionnaire, keys.ask if keys.listening else _ask)
        path = write_answers(folder, questionnaire, folder.name, participant, answers)
        click.echo(f"answers: {path}", err=True)


def ask_questions(questionnaire: Questionnaire, ask: Callable[[str], str]) -> dict[str, Any]:
    """Ask each question; an answer that may not be given is asked for again.

    Args:
        questionnaire: the questions.
        ask: text of a question -> the line that was answered.
    """
    click.echo(questionnaire.title, err=True)
    return {question.id: _answer(question, ask) for question in questionnaire.questions}


def _answer(question: Question, ask: Callable[[str], str]) -> str | int | float | None:
    hint = f" ({question.hint})" if question.hint else ""
    while True:
        try:
            return question.read(ask(f"{question.text}{hint}"))
        except InputError as error:
            click.echo(str(error), err=True)


def _ask(text: str) -> str:
    return str(click.prompt(text, default="", show_default=False, err=True))


class OperatorKeys:
    """Lines that the operator types, for the trial that is running. Read by a thread, carried out by the node's own.

    Args:
        lines: where they come from; None: the terminal, if there is one.
    """

    def __init__(self, lines: TextIO | None = None) -> None:
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._over = threading.Event()
        source = lines or (sys.stdin if sys.stdin.isatty() else None)
        self.listening = source is not None
        if source is not None:
            threading.Thread(target=self._read, args=(source,), daemon=True).start()
        self._prompt = ""

    def ask(self, text: str) -> str:
        """A question and the next line that is typed: this thread reads the terminal, nobody else can.

        Raises:
            click.Abort: the input has ended.
        """
        click.echo(f"{text}: ", nl=False, err=True)
        while True:
            try:
                return self._lines.get(timeout=POLL_S)
            except queue.Empty:
                if self._over.is_set() and self._lines.empty():
                    raise click.Abort from None

    def attend(self, node: Any) -> None:
        """Carry out what has been typed, and show a new prompt; called again and again on the main thread."""
        while not self._lines.empty():
            self._carry_out(node, self._lines.get())
        if node.prompt != self._prompt:
            self._prompt = node.prompt
            if self._prompt:
                click.echo(f"\n>>> {self._prompt}", err=True)

    def _read(self, source: TextIO) -> None:
        for line in source:
            self._lines.put(line.strip())
        self._over.set()

    def _carry_out(self, node: Any, line: str) -> None:
        deeds: dict[str, Callable[[], str]] = {
            "": node.next,
            "p": node.pause,
            "r": node.resume,
            "q": node.abort,
        }
        deed = deeds.get(line)
        if node.executor is None:
            return  # not running yet, or no more
        if deed is None:
            node.executor.create_task(lambda: node.note(line))
        else:
            node.executor.create_task(lambda: self._tell(deed()))

    def _tell(self, why_not: str) -> None:
        if why_not:
            click.echo(why_not, err=True)
