"""Reading tables, describing their columns, coding and splitting their rows."""
