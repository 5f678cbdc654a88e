"""Who lives here: the characters, as many students as asked for, and their two courses."""

from lti_tool.sandbox.records import Course, Person
from lti_tool.sandbox.store import db, insert, new_id, new_number, next_number, writing

STAFF = (
    ("teacher", "Amara", "Okafor", "Teaches both courses."),
    ("ta", "Jonas", "Lindqvist", "Teaching assistant in both courses."),
    ("admin", "Ruth", "Goldberg", "Looks after this site and installs tools."),
)
CHARACTERS = (
    ("Mai", "Tran", "Writes early, rewrites often."),
    ("Diego", "Fuentes", "Always hands in at the last minute."),
    ("Aisha", "Rahman", "Asks the question everybody had."),
    ("Noah", "Becker", "Works at night, next to a job."),
    ("Leilani", "Kealoha", "Draws before she writes."),
    ("Tomasz", "Wójcik", "Reads every word of the instructions."),
    ("Priya", "Nair", "Gives feedback that people keep."),
    ("Kwame", "Mensah", "New here; joined in week two."),
    ("Sofia", "Marinova", "Commutes, and studies on her phone."),
    ("Elif", "Demir", "Back at college after ten years."),
    ("Liam", "O'Connor", "Types with a screen reader."),
    ("Yuki", "Tanaka", "Quiet in class, lively in writing."),
)
GIVEN = " ".join(
    (
        "Adaeze Ahmed Alba Anders Anika Beatriz Bilal Camille Chen Dalia Dario Efua Emeka Farah Finn Giulia",
        "Hana Hugo Ines Ivan Jamila Joon Kofi Lara Lucia Malik Marta Mei Nadia Omar Paulo Quynh Rosa Samir",
        "Tariq Uma Viktor Wanjiru Xiomara Yara Zeynep",
    )
).split()
FAMILY = " ".join(
    (
        "Abebe Andersson Bauer Castillo Chowdhury Costa Dlamini Dubois Eriksen Farouk Ferreira García Haddad",
        "Hassan Horvat Ibrahim Ivanova Jansen Kapoor Kim Kowalska Larsen Lopez Mbeki Moreau Müller Nakamura",
        "Nguyen Novák Nowak Okoro Ortega Park Petrov Rossi Sato Schmidt Silva Singh Suleiman Vega Wang Zhang",
    )
).split()
COURSES = (
    ("DES-210", "Designing for People", ("Week 1 · Listening", "Week 2 · Sketching", "Week 3 · Trying it out")),
    ("BIO-101", "Introductory Biology", ("Unit 1 · Cells", "Unit 2 · Inheritance")),
)
SECTIONS = ("Morning section", "Evening section")
GROUPS = ("Team Alder", "Team Birch", "Team Cedar", "Team Dogwood")


def settle(students: int) -> None:
    """
    Make the staff, the courses and at least so many students; what is there already stays.
    """
    with writing():
        if Person.first("kind = 'teacher'") is None:
            _add_staff()
            for label, title, modules in COURSES:
                _add_course(label, title, modules)
        here = int(db().execute("SELECT count(*) FROM person WHERE kind = 'student'").fetchone()[0])
        add_students(students - here)


def add_students(count: int) -> list[str]:
    """
    Make more students and enrol them in the two first courses; returns their ids.
    """
    with writing():
        here = int(db().execute("SELECT count(*) FROM person WHERE kind = 'student'").fetchone()[0])
        first = next_number("person")
        people = [_student(here + i, first + i) for i in range(max(count, 0))]
        db().executemany("INSERT INTO person VALUES (?, ?, 'student', ?, ?, ?, ?, ?, ?, 'en')", people)
        ids = [person[0] for person in people]
        for course in Course.where("number <= 2"):
            enrol(course, ids, "student")
    return ids


def enrol(course: Course, person_ids: list[str], role: str) -> None:
    """
    Put people into a course; students go round-robin into its sections and groups.
    """
    sections = [row["id"] for row in _parts(course, "section")]
    groups = [row["id"] for row in _parts(course, "group")]
    first = int(
        db()
        .execute("SELECT coalesce(max(number), 0) + 1 FROM enrolment WHERE course_id = ?", (course.id,))
        .fetchone()[0]
    )
    grouped = role == "student"
    db().executemany(
        "INSERT OR IGNORE INTO enrolment (course_id, person_id, number, role, section_id, group_id)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                course.id,
                person_id,
                first + i,
                role,
                sections[(first + i) % len(sections)] if sections else None,
                groups[(first + i) % len(groups)] if grouped and groups else None,
            )
            for i, person_id in enumerate(person_ids)
        ],
    )


def add_parts(course_id: str) -> None:
    """
    Give a course its sections and groups.
    """
    for kind, names in (("section", SECTIONS), ("group", GROUPS)):
        for name in names:
            insert("section", id=str(1000 + next_number("section", "rowid")), course_id=course_id, kind=kind, name=name)


def _add_staff() -> None:
    for number, (kind, given, family, about) in enumerate(STAFF, start=1):
        username = f"{given}.{family}".lower()
        insert(
            "person",
            id=new_number(),
            number=number,
            kind=kind,
            name=f"{given} {family}",
            given_name=given,
            family_name=family,
            email=f"{username}@college.example",
            username=username,
            about=about,
        )


def _add_course(label: str, title: str, modules: tuple[str, ...]) -> None:
    course_id = new_number()
    insert("course", id=course_id, number=next_number("course"), label=label, title=title)
    add_parts(course_id)
    for position, name in enumerate(modules):
        insert("module", id=new_id(), course_id=course_id, title=name, position=position)
    course = Course.known(course_id)
    for person in Person.where("kind IN ('teacher', 'ta') ORDER BY number"):
        enrol(course, [person.id], person.kind)


def _student(position: int, number: int) -> tuple[str, int, str, str, str, str, str, str]:
    given, family, about = _name(position)
    username = f"{given}.{family}.{position + 1}".lower().replace(" ", "").replace("'", "")
    name = f"{given} {family}"
    return new_number(), number, name, given, family, f"{username}@college.example", username, about


def _name(position: int) -> tuple[str, str, str]:
    if position < len(CHARACTERS):
        return CHARACTERS[position]
    # The two lists have coprime lengths, so the pairs repeat only after all of them; then a letter tells people apart.
    position -= len(CHARACTERS)
    again = position // (len(GIVEN) * len(FAMILY))
    middle = f" {chr(64 + again)}." if again else ""
    return GIVEN[position % len(GIVEN)] + middle, FAMILY[position % len(FAMILY)], ""


def _parts(course: Course, kind: str) -> list[dict[str, str]]:
    rows = db().execute("SELECT * FROM section WHERE course_id = ? AND kind = ? ORDER BY rowid", (course.id, kind))
    return [dict(row) for row in rows]
