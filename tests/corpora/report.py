"""What was tried of each collection, and what came of it."""

SHOWN = 12


class Report:
    def __init__(self):
        self.rows = {}
        self.wrongs = []
        self.absences = []

    def _count(self, collection, what):
        row = self.rows.setdefault(collection, {"tried": 0, "right": 0, "refused": 0, "wrong": 0})
        row["tried"] += 1
        row[what] += 1

    def right(self, collection):
        self._count(collection, "right")

    def refused(self, collection):
        """It was not read or not sent, and the answer says why."""
        self._count(collection, "refused")

    def wrong(self, collection, name, expected, found):
        self._count(collection, "wrong")
        self.wrongs.append(f"{collection}, {name}: expected {expected!r:.300}, found {found!r:.300}")

    def absent(self, collection, why):
        """It cannot be had here."""
        self.absences.append(f"{collection}: {why}")

    def compare(self, collection, name, expected, found):
        if expected == found:
            self.right(collection)
        else:
            self.wrong(collection, name, expected, found)

    def answer(self, collection, name, status, problem):
        """Whether something is refused with words: an upload with 400, a source with 422."""
        if status in (400, 422) and len(problem.get("detail", "")) > 20:
            self.refused(collection)
        else:
            self.wrong(collection, name, "400 with a reason", (status, problem))

    def show(self):
        print(f"{'collection':<44}{'tried':>8}{'right':>8}{'refused':>9}{'wrong':>7}")
        for collection, row in self.rows.items():
            print(f"{collection:<44}{row['tried']:>8}{row['right']:>8}{row['refused']:>9}{row['wrong']:>7}")
        for absence in self.absences:
            print("not tried:", absence)
        for wrong in self.wrongs[:SHOWN * 5]:
            print("wrong:", wrong)
        return len(self.wrongs)
